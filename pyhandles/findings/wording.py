"""References, roots, paths and loops in the user's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.describe import call_site, describe, short_type
from pyhandles.format import NOTHING, FrameKind, LabelKind, RootKind
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.retention import Retention
    from pyhandles.graph.cycles import Loop
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame

_CHAIN_END = 6
_FIELD_KINDS = {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER}


def step_text(snapshot: Snapshot, step: Reference) -> str:
    """One reference in a path: ``Connection.sock``, ``closure variable conns``, ``item [0]``."""
    label = snapshot.label(step.row)
    if label.kind in _FIELD_KINDS:
        return f"{_name(snapshot, step.source)}{label.suffix}"
    if label.kind == LabelKind.GLOBAL:
        return f"{label.text} of {describe(snapshot, step.source).text}"
    if label.kind == LabelKind.LOCAL:
        return variable_text(snapshot, step)
    return label.text


def _name(snapshot: Snapshot, index: int) -> str:
    """What stands before the dot: a class's or function's own name, an instance's class."""
    named = snapshot.type_records.of(index) or snapshot.functions.of(index)
    if named and named.qualname:
        return named.qualname
    module = snapshot.modules.of(index)
    return module.name if module and module.name else short_type(snapshot, index)


def loop_texts(snapshot: Snapshot, loop: Loop) -> list[str]:
    """``Connection.on_closed``, ``closure variable conns``, ``item [0]``, and what it comes back to: ``Connection``."""
    return [*_step_texts(snapshot, loop.steps), _name(snapshot, loop.steps[0].source)]


def _step_texts(snapshot: Snapshot, steps: Sequence[Reference]) -> list[str]:
    """Long chains, linked lists for the most part, are told by their ends."""
    left_out = len(steps) - 2 * _CHAIN_END
    if left_out <= 1:
        return [step_text(snapshot, step) for step in steps]
    first, last = steps[:_CHAIN_END], steps[-_CHAIN_END:]
    told = [step_text(snapshot, step) for step in (*first, *last)]
    return [*told[:_CHAIN_END], f"… {left_out:,} more …", *told[_CHAIN_END:]]


def retention_texts(snapshot: Snapshot, kept: Retention, target: int) -> list[str]:
    """From the root, or around the loop, down to the object: texts that read on with an arrow between them."""
    end = describe(snapshot, target).text
    if kept.path:
        steps = kept.path.steps
        beginning = root_text(snapshot, kept.path.root, steps[0] if steps else None)
        is_told = bool(steps) and tells_reference(snapshot, steps[0])
        return [beginning, *_step_texts(snapshot, steps[is_told:]), end]
    if kept.loop:
        down = _step_texts(snapshot, kept.loop.down)
        return loop_texts(snapshot, kept.loop) + ([*down, end] if down else [])
    return [end]


def tells_reference(snapshot: Snapshot, step: Reference) -> bool:
    """Whether `root_text` names this reference of the root."""
    root = snapshot.derive(Roots).table.get(step.source)
    if root is None:
        return False
    kind = snapshot.label(step.row).kind
    if root.kind == RootKind.FRAME:
        return kind in {LabelKind.LOCAL, LabelKind.STACK, LabelKind.STACK_CANDIDATE}
    return root.kind in {RootKind.MODULE, RootKind.INTERPRETER} and kind == LabelKind.GLOBAL


def root_text(snapshot: Snapshot, index: int, step: Reference | None = None) -> str:
    """A root, with the reference ``step`` that starts from it: ``global POOL of module app``.

    ``local variable conn of handle() at app.py:62 in thread worker-3``, ``module app``, ``native code``, …
    """
    roots = snapshot.derive(Roots)
    root = roots.table.get(index)
    if root is None:
        return "an object that is never freed" if roots.is_immortal(index) else "native code"
    if root.kind == RootKind.MODULE:
        module = f"module {root.name}"
        return f"{snapshot.label(step.row).text} of {module}" if step and tells_reference(snapshot, step) else module
    if root.kind == RootKind.FRAME:
        return variable_text(snapshot, step) if step else frame_text(snapshot, index)
    if step and tells_reference(snapshot, step):
        # The interpreter holds the dicts of sys and builtins by themselves.
        return f"{snapshot.label(step.row).text} of module {root.name}"
    owner = "the interpreter" if root.kind == RootKind.INTERPRETER else "a thread"
    return f"{root.name} of {owner}" if root.name else owner


def root_kind(snapshot: Snapshot, index: int) -> str | None:
    """What kind of root an object is, in words, or None if it is none that an answer should speak of."""
    roots = snapshot.derive(Roots)
    root = roots.table.get(index)
    if root is None:
        return "held by native code" if roots.is_held_natively(index) else None
    if root.kind == RootKind.MODULE:
        return "module"
    if root.kind == RootKind.FRAME:
        frame = snapshot.frames.of(index)
        return f"running{in_thread(snapshot, frame) if frame else ''}"
    return root_text(snapshot, index)


def variable_text(snapshot: Snapshot, step: Reference) -> str:
    """``local variable conn of handle() at app.py:62 in thread worker-3``."""
    return f"{snapshot.label(step.row).text} of {frame_text(snapshot, step.source)}"


def frame_text(snapshot: Snapshot, index: int) -> str:
    """``handle() at app.py:62 in thread worker-3``; of a suspended one, ``suspended handle() at app.py:62``."""
    frame = snapshot.frames.of(index)
    if frame is None:
        return describe(snapshot, index).text
    if frame.kind == FrameKind.FINISHED:
        return f"finished {call_site(snapshot, frame)}"
    if frame.kind != FrameKind.RUNNING:
        return f"suspended {call_site(snapshot, frame)}"
    return f"{call_site(snapshot, frame)}{in_thread(snapshot, frame)}"


def in_thread(snapshot: Snapshot, frame: Frame) -> str:
    """`` in thread worker-3``; nothing where the thread is not known."""
    name = thread_name(snapshot, frame)
    return f" in thread {name}" if name else ""


def thread_name(snapshot: Snapshot, frame: Frame) -> str | None:
    """Name of the thread of a running frame, its number where it has none."""
    if frame.thread == NOTHING:
        return None
    thread = snapshot.threads[frame.thread]
    return thread.name or str(thread.ident)
