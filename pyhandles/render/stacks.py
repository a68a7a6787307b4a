"""Stacks as Python shows them in a traceback, the most recent call last."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.pages import rest
from pyhandles.render.waits import names_text, native_list, waits_line
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyhandles.findings.alike import Alike
    from pyhandles.findings.awaits import TaskName, Wait
    from pyhandles.findings.pages import Page
    from pyhandles.findings.stacks import StackFrame, Variable
    from pyhandles.findings.tasks import Task
    from pyhandles.findings.threads import Threads

_FIRST, _LAST = 20, 40
_REPEATED = 3
_SHOWN_TASKS = 6
_STEP = "  "


def threads_page(answer: Threads, width: int | None) -> list[Text]:
    """Threads, those alike together, then those that run no Python, then tasks, if there are any."""
    lines = [*_thread_list(answer.alike.rows, width), *rest(answer.alike, width)]
    if answer.native:
        lines += [Text(), *native_list(answer.native, width)]
    if answer.unseen:
        lines += [Text(), *wrap(Text(answer.unseen, "dim"), width)]
    if answer.tasks.total:
        lines += [Text(), *wrap(Text(f"{answer.tasks.total:,} tasks, innermost await last", "bold"), width)]
        lines += [Text(), *task_list(answer.tasks.rows, width), *_more_tasks(answer.tasks, width)]
    return lines


def _thread_list(threads: Sequence[Alike], width: int | None) -> list[Text]:
    lines: list[Text] = []
    for alike in threads:
        lines += [Text()] if lines else []
        lines += wrap(_thread_heading(alike), width)
        lines += _stack(alike.thread.frames, width)
        lines += wrap(waits_line(alike.waits), width, _STEP) if alike.waits else []
    return lines


def task_list(tasks: Sequence[Task], width: int | None) -> list[Text]:
    lines: list[Text] = []
    for task in tasks:
        lines += [Text()] if lines else []
        lines += wrap(_task_heading(task), width)
        lines += _stack(task.chain, width) if task.chain else []
        lines += wrap(_wait_text(task.wait), width, _STEP) if task.wait else []
    return lines


def _thread_heading(alike: Alike) -> Text:
    thread = alike.thread
    if len(alike.names) > 1:
        names = names_text(alike.names)
        return Text.assemble((f"{len(alike.names):,} threads", "bold"), f" alike: {names}, most recent call last:")
    about = [
        "the main thread" if thread.main else "",
        "the snapshot was made here" if thread.capturing else "",
        f"ident {thread.ident}",
        f"native {thread.native}" if thread.native is not None else "",
    ]
    text = Text.assemble("Thread ", (thread.name or str(thread.ident), "bold"))
    return text.append(f" ({', '.join(filter(None, about))}), most recent call last:")


def _task_heading(task: Task) -> Text:
    heading = Text.assemble("Task ", (task.name or "", "bold"), " of " if task.name else "of ")
    heading.append(f"{task.coroutine}()", "bold").append(", ").append(task.state, "cyan")
    if task.state == "running":
        heading.append(", see its thread")
    if task.thread:
        heading.append(f", in thread {task.thread}")
    return heading.append(f"  {task.object.address:#x}", "dim")


def _wait_text(wait: Wait) -> Text:
    text = Text("waits for ", "cyan")
    if wait.tasks:
        return text.append(_tasks_text(wait.tasks))
    text.append(wait.object.text)
    if wait.where:
        text.append(f" in {wait.where}")
    if wait.fd is not None:
        text.append(f": fd {wait.fd}", "bold").append(f"  {wait.target or ''}")
    return text.append(f"  {wait.object.address:#x}", "dim")


def _tasks_text(tasks: Sequence[TaskName]) -> str:
    names = ", ".join(_task_text(task) for task in tasks[:_SHOWN_TASKS])
    if len(tasks) == 1:
        return f"task {names}"
    more = f", … and {len(tasks) - _SHOWN_TASKS:,} more" if len(tasks) > _SHOWN_TASKS else ""
    return f"{len(tasks):,} tasks: {names}{more}"


def _task_text(task: TaskName) -> str:
    return f"{task.name + ' ' if task.name else ''}of {task.coroutine}() {task.address:#x}"


def _stack(frames: Sequence[StackFrame], width: int | None) -> list[Text]:
    if not frames:
        return [Text(f"{_STEP}no Python frame", "dim")]
    left_out = len(frames) - _FIRST - _LAST
    if left_out <= _REPEATED or (frames[0].locals is None and len(list(_runs(frames))) <= _FIRST + _LAST):
        return list(_frames(frames, width))
    note = f"… {left_out:,} more frames (--format json has them all) …"
    middle = wrap(Text(note, "dim"), width, _STEP)
    return [*_frames(frames[:_FIRST], width), *middle, *_frames(frames[-_LAST:], width)]


def _frames(frames: Sequence[StackFrame], width: int | None) -> Iterator[Text]:
    for frame, count in _runs(frames):
        shown = min(count, _REPEATED)
        for _ in range(shown):
            yield from wrap(_frame_text(frame), width, _STEP)
            for variable in frame.locals or ():
                yield from wrap(_variable_text(variable), width, _STEP * 2)
        if count > shown:
            yield from wrap(Text(f"[Previous line repeated {count - shown:,} more times]", "dim"), width, _STEP)


def _runs(frames: Sequence[StackFrame]) -> Iterator[tuple[StackFrame, int]]:
    """The frames, those of one call site after each other once, with their number; each apart where it has locals."""
    for _, run in groupby(frames, _call_site):
        first, *others = run
        yield first, 1 + len(others)


def _call_site(frame: StackFrame) -> tuple[str, int, str, int | None]:
    return frame.file, frame.line, frame.function, None if frame.locals is None else frame.address


def _frame_text(frame: StackFrame) -> Text:
    return Text.assemble(f'File "{frame.file}", line {frame.line}, in ', (frame.function, "bold"))


def _variable_text(variable: Variable) -> Text:
    text = Text.assemble((variable.name, "cyan"), f" = {variable.object.text}")
    if variable.fd is not None:
        told = f"fd {variable.fd}"
        text.append("" if told in variable.object.text else f" {told}").append(f"  {variable.target or ''}", "dim")
    return text.append(f"  {variable.object.address:#x}", "dim")


def _more_tasks(page: Page[Task], width: int | None) -> list[Text]:
    if not page.more:
        return []
    return wrap(Text(f"… and {page.more:,} more (`tasks` shows them all)", "dim"), width)
