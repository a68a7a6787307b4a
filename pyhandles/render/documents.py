"""Answers as documents: dicts and lists whose fields other programs rely on.

``version`` is that of these fields: one may be added within it; one that is renamed or dropped makes a new one.
Addresses are strings, ``"0x7f12a4c3d5e0"``, as the shell takes them and as they are shown everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from pyhandles.findings.biography import Biography
from pyhandles.findings.blame import Blame
from pyhandles.findings.calls import CallCount, CallList
from pyhandles.findings.clusters import Cluster
from pyhandles.findings.counts import Count
from pyhandles.findings.cycles import Cycle
from pyhandles.findings.describe import Described
from pyhandles.findings.diff import ClusterChange, Diff
from pyhandles.findings.find import Match, Matches
from pyhandles.findings.handles import Handle, HandleList
from pyhandles.findings.identify import Ancestry, Identification, Line
from pyhandles.findings.inheritance import Heirloom, Inheritance, Way
from pyhandles.findings.ledger import Ledger
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.misuses import Deed, Misuse
from pyhandles.findings.neighbours import Neighbour, Neighbours
from pyhandles.findings.pages import Page
from pyhandles.findings.polls import PollSet
from pyhandles.findings.reachable import Reachable
from pyhandles.findings.retained import Large, Retained
from pyhandles.findings.rooted import RootList, RootRow
from pyhandles.findings.routes import Route, Routes
from pyhandles.findings.show import Details, Referent
from pyhandles.findings.source import Source
from pyhandles.findings.stacks import ThreadStack
from pyhandles.findings.summary import Summary
from pyhandles.findings.symbols import ModuleSymbols, Symbol
from pyhandles.findings.tasks import Task
from pyhandles.findings.threads import Threads
from pyhandles.findings.trace import Trace, TracedCall
from pyhandles.findings.who import Holder, Who
from pyhandles.findings.why import Why
from pyhandles.render.help import CommandHelp
from pyhandles.render.thread_wait_document import thread_wait_document
from pyhandles.render.trace_document import trace_document, traced_call_document

if TYPE_CHECKING:
    from pyhandles.errors import PyhandlesError
    from pyhandles.findings.awaits import Wait
    from pyhandles.findings.companions import Companions
    from pyhandles.findings.from_parent import FromParent, Unused
    from pyhandles.findings.stacks import StackFrame, Variable
    from pyhandles.findings.verdicts.verdict import Verdict

VERSION = 1

Document = dict[str, Any]


def document(command: str, answer: object) -> Document:
    """The document of a command's answer: ``rows`` for a list, else the answer's own fields.

    A part of a list also has ``total``, the length of the whole, and ``offset``, where the part begins.
    """
    head: Document = {"version": VERSION, "command": command}
    if isinstance(answer, Page):
        return head | _page(answer)
    if isinstance(answer, list):
        return head | {"rows": _rows(answer)}
    return head | _FIELDS[type(answer)](answer)


def _page(page: Page[Any]) -> Document:
    return {"rows": _rows(page.rows), "total": page.total, "offset": page.offset}


def _rows(rows: Sequence[Any]) -> list[Document]:
    return [_FIELDS[type(row)](row) for row in rows]


def failure(command: str, error: PyhandlesError) -> Document:
    """The document of a command that failed."""
    return {"version": VERSION, "command": command, "error": {"message": error.message, "hint": error.hint}}


def hexadecimal(address: int | None) -> str | None:
    return None if address is None else f"{address:#x}"


def _handle(handle: Handle) -> Document:
    return {
        "fd": handle.fd,
        "kind": handle.kind,
        "target": handle.target,
        "owners": [{"type": owner.type, "address": hexadecimal(owner.address)} for owner in handle.owners],
        "owner": handle.owner,
        "address": hexadecimal(handle.address),
        "holder": handle.holder,
        "class": handle.class_,
        "state": handle.state,
        "inheritable": handle.inheritable,
        "opened_at": handle.opened_at,
        "role": handle.role,
        **_companions(handle.companions),
    }


def _companions(companions: Companions) -> Document:
    end = companions.other_end
    return {
        "other_end": end.text if end else None,
        "end": {"where": end.where, "fds": list(end.fds), "pid": end.pid, "fd": end.fd} if end else None,
        "same_as": list(companions.same_as),
        "held_by": list(companions.held_by),
    }


def _object(described: Described) -> Document:
    return {"address": hexadecimal(described.address), "type": described.type, "text": described.text}


def _verdict(verdict: Verdict) -> Document:
    return {"kind": verdict.kind, "text": verdict.text, "evidence": _evidence(verdict.evidence)}


def _evidence(value: Any) -> object:
    """Evidence of whatever kind: its fields, and those of what it is made of."""
    if isinstance(value, Described):
        return _object(value)
    if is_dataclass(value):
        return {field.name: _evidence(getattr(value, field.name)) for field in fields(value)}
    return [_evidence(item) for item in value] if isinstance(value, tuple) else value


def _identification(answer: Identification) -> Document:
    first, *others = [_ancestry(ancestry) for ancestry in answer.ancestries] or [_NO_ANCESTRY]
    return {
        "handle": None if answer.handle is None else _handle(answer.handle),
        **first,
        "others": others,
        "verdict": _verdict(answer.verdict),
        "lingering": list(answer.lingering),
    }


def _ancestry(ancestry: Ancestry) -> Document:
    return {
        "object": _object(ancestry.object),
        "mark": ancestry.mark,
        "tree": [_line(line) for line in ancestry.tree],
        "roots": list(ancestry.roots),
        "cycles": [
            [{"label": step.label, "object": _object(step.object)} for step in loop] for loop in ancestry.cycles
        ],
        "root": ancestry.root,
        "more": ancestry.more,
        "deeper": ancestry.deeper,
    }


_NO_ANCESTRY: Document = {
    "object": None,
    "mark": None,
    "tree": [],
    "roots": [],
    "cycles": [],
    "root": None,
    "more": 0,
    "deeper": False,
}


def _line(line: Line) -> Document:
    return {
        "label": line.label,
        "object": _object(line.object),
        "mark": line.mark,
        "seen": line.seen,
        "referrers": [_line(referrer) for referrer in line.referrers],
        "root": line.root,
        "more": line.more,
        "deeper": line.deeper,
    }


def _details(details: Details) -> Document:
    return {
        **_object(details.object),
        "size": details.size,
        "refcount": details.refcount,
        "name": details.name,
        "location": details.location,
        "references": [_referent(referent) for referent in details.references],
        "more": details.more,
        "referrer_count": details.referrer_count,
        **{name: _special(value) for name, value in details.special.items()},
    }


def _referent(referent: Referent) -> Document:
    return {"label": referent.label, **_object(referent.object)}


def _special(value: object) -> object:
    return [_referent(referent) for referent in value] if isinstance(value, tuple) else value


def _why(why: Why) -> Document:
    return {
        "handle": None if why.handle is None else _handle(why.handle),
        "object": None if why.object is None else _object(why.object),
        "verdict": _verdict(why.verdict),
        "path": list(why.path),
        "opened_at": why.opened_at,
        "cut": why.cut,
        "role": why.role,
        "advice": why.advice,
        "misuse": list(why.misuse),
        "lingering": list(why.lingering),
        "also": list(why.also),
    }


def _who(answer: Who) -> Document:
    return {
        "address": answer.address,
        "failed_call": None if answer.failed is None else _plain(answer.failed),
        "holders": [_who_holds(holder) for holder in answer.holders],
        "more": answer.more,
        "note": answer.note,
        "unseen": answer.unseen,
    }


def _who_holds(holder: Holder) -> Document:
    return {
        "where": holder.where,
        "text": holder.text,
        "fd": holder.fd,
        "pid": holder.pid,
        "thread": holder.thread,
        "site": holder.site,
        "advice": holder.advice,
        "evidence": list(holder.evidence),
        "path": list(holder.why.path) if holder.why else [],
        "why": None if holder.why is None else _why(holder.why),
    }


def _cluster(cluster: Cluster) -> Document:
    # A copy of the fields without their own fields: those of the verdict's evidence are of many kinds.
    shallow = {field.name: _lists(getattr(cluster, field.name)) for field in fields(cluster)}
    ends = [each.signature for each in cluster.ends]
    document = shallow | {"verdict": _verdict(cluster.verdict), "ends": ends}
    return {("class" if name == "class_" else name): value for name, value in document.items()}


def _diff(diff: Diff) -> Document:
    return {
        **_plain(replace(diff, clusters=None)),
        "clusters": None if diff.clusters is None else [_change(change) for change in diff.clusters],
    }


def _change(change: ClusterChange) -> Document:
    """The fields of ``leaks``, and what has changed; ``count`` is that of the last snapshot that has the signature."""
    changed = {"counts": list(change.counts), "change": change.change, "every_time": change.every_time}
    return _cluster(change.cluster) | changed


def _blame(blame: Blame) -> Document:
    return {
        "reference": blame.reference,
        "source": hexadecimal(blame.source),
        "target": hexadecimal(blame.target),
        "handles": blame.handles,
        "fds": list(blame.fds),
    }


def _call_list(answer: CallList) -> Document:
    sums = {"own": _plain(answer.own), "children": _plain(answer.children)}
    return _page(answer.page) | sums | {"since": answer.since}


def _biography(answer: Biography) -> Document:
    origin = answer.origin
    return {
        "fd": answer.fd,
        "state": answer.state,
        "opened_at": answer.opened_at,
        "stack": list(origin.stack) if origin else [],
        "events": _rows(answer.events.rows),
        "misuses": _rows(answer.misuses),
        "handle": None if answer.handle is None else _handle(answer.handle),
        "stale": [_handle(handle) for handle in answer.stale],
        "opening": None if origin is None else {**_plain(origin), "time": origin.time / 10**9},
        "at_start": answer.at_start,
        "total": answer.events.total,
    }


def _misuse(misuse: Misuse) -> Document:
    return {
        "kind": misuse.kind,
        "fd": misuse.fd,
        "call": misuse.call,
        "site": misuse.use.site,
        "count": misuse.count,
        "thread": misuse.use.thread,
        "time": misuse.use.time / 10**9,
        "use": _deed(misuse.use),
        "closed": None if misuse.closed is None else _deed(misuse.closed),
        "opened": None if misuse.opened is None else _deed(misuse.opened),
        "process": misuse.process,
        "text": misuse.text,
        "advice": misuse.advice,
    }


def _inheritance(answer: Inheritance) -> Document:
    parent = answer.from_parent
    return _page(answer.page) | {
        "open": answer.total,
        "ways": [_way(way) for way in answer.ways],
        "start_method": _plain(answer.start_method),
        "from_parent": None if parent is None else _from_parent(parent),
        "advice": list(answer.advice),
        "unseen": list(answer.unseen),
    }


def _way(way: Way) -> Document:
    return {"way": way.way, "count": way.count, "fds": list(way.fds), "text": way.text}


def _heirloom(row: Heirloom) -> Document:
    return _handle(row.handle) | {"elsewhere": list(row.elsewhere)}


def _from_parent(parent: FromParent) -> Document:
    unused = {"unused": [_unused(each) for each in parent.unused.rows], "unused_total": parent.unused.total}
    seen = {"looked_at": list(parent.looked_at), "unseen": list(parent.unseen)}
    return {"parent": parent.parent, "fds": list(parent.fds)} | unused | seen


def _unused(row: Unused) -> Document:
    return _handle(row.handle) | {"evidence": row.evidence}


def _lingering(finding: Lingering) -> Document:
    return {
        "kind": finding.kind,
        "fd": finding.fd,
        "target": finding.target,
        "text": finding.text,
        "pid": finding.pid,
        "thread": finding.thread,
        "site": finding.site,
        "evidence": list(finding.evidence),
        "advice": finding.advice,
        "fds": list(finding.fds),
        "count": finding.count,
        "address": finding.address,
        "ordinary": finding.ordinary,
        "details": _evidence(finding.proof),
    }


def _deed(deed: Deed) -> Document:
    return {"time": deed.time / 10**9, "thread": deed.thread, "site": deed.site, "stack": list(deed.stack)}


def _retained(answer: Retained) -> Document:
    return {
        **_object(answer.object),
        "objects": answer.objects,
        "bytes": answer.size,
        "handles": len(answer.fds),
        "fds": list(answer.fds),
        "garbage": answer.garbage,
    }


def _reachable(answer: Reachable) -> Document:
    return {
        **_object(answer.object),
        "objects": answer.objects,
        "bytes": answer.size,
        "handles": len(answer.fds),
        "fds": list(answer.fds),
        "all": answer.all,
        **_page(answer.types),
    }


def _large(row: Large) -> Document:
    return {**_object(row.object), "bytes": row.size, "retained": row.retained}


def _root_list(answer: RootList) -> Document:
    return _page(answer.page) | {"kinds": dict(answer.kinds)}


def _root(root: RootRow) -> Document:
    head = {"kind": root.kind, "name": root.name, "references": root.references, "nearest": root.nearest}
    return head | _object(root.object)


def _threads(answer: Threads) -> Document:
    return {
        **_page(answer.threads),
        "tasks": _rows(answer.tasks.rows),
        "tasks_total": answer.tasks.total,
        "native_threads": [thread_wait_document(wait) for waits in answer.native for wait in waits],
        "waits_unseen": answer.unseen,
    }


def _thread(thread: ThreadStack) -> Document:
    return {
        "name": thread.name,
        "ident": thread.ident,
        "native": thread.native,
        "main": thread.main,
        "capturing": thread.capturing,
        "frames": [_stack_frame(frame) for frame in thread.frames],
        "wait": None if thread.wait is None else thread_wait_document(thread.wait),
    }


def _task(task: Task) -> Document:
    return {
        **_object(task.object),
        "name": task.name,
        "coroutine": task.coroutine,
        "state": task.state,
        "thread": task.thread,
        "frames": [_stack_frame(frame) for frame in task.chain],
        "waits_for": None if task.wait is None else _wait(task.wait),
    }


def _wait(wait: Wait) -> Document:
    return {
        **_object(wait.object),
        "where": wait.where,
        "fd": wait.fd,
        "target": wait.target,
        "tasks": [_addressed(task) for task in wait.tasks],
    }


def _stack_frame(frame: StackFrame) -> Document:
    head = {"file": frame.file, "line": frame.line, "function": frame.function}
    variables = None if frame.locals is None else [_variable(variable) for variable in frame.locals]
    return head | {"address": hexadecimal(frame.address), "locals": variables}


def _variable(variable: Variable) -> Document:
    return {"name": variable.name, **_object(variable.object), "fd": variable.fd, "target": variable.target}


def _neighbours(answer: Neighbours) -> Document:
    return _page(answer.page) | {"object": _object(answer.object), "exact": answer.exact, "weak": answer.weak}


def _neighbour(row: Neighbour) -> Document:
    return {"label": row.label, **_object(row.object), "folded": row.folded, "remark": row.remark}


def _matches(answer: Matches) -> Document:
    return _page(answer.page) | {"bytes": answer.size}


def _match(row: Match) -> Document:
    return {**_object(row.object), "bytes": row.size, "refcount": row.refcount}


def _routes(answer: Routes) -> Document:
    return {
        "object": _object(answer.object),
        "rows": _rows(answer.routes),
        "garbage": answer.garbage,
        "loop": None if answer.loop is None else list(answer.loop),
        "avoided": answer.avoided,
    }


def _route(route: Route) -> Document:
    steps = [{"label": step.label, "text": step.text, "object": _object(step.object)} for step in route.steps]
    return {"root": route.root, "kind": route.kind, "start": _object(route.start), "steps": steps}


def _addressed(answer: Any) -> Document:
    return _plain(answer) | {"address": hexadecimal(answer.address)}


def _plain(answer: Any) -> Document:
    return {name: _lists(value) for name, value in asdict(answer).items()}


def _lists(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _lists(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_lists(item) for item in value]
    return value


_FIELDS: dict[type, Callable[[Any], Document]] = {
    HandleList: lambda answer: _page(answer.page),
    Handle: _handle,
    Identification: _identification,
    Details: _details,
    Why: _why,
    Who: _who,
    Summary: _plain,
    Ledger: _plain,
    Cluster: _cluster,
    Blame: _blame,
    Cycle: _addressed,
    CallList: _call_list,
    CallCount: _plain,
    Biography: _biography,
    Misuse: _misuse,
    Inheritance: _inheritance,
    Heirloom: _heirloom,
    Lingering: _lingering,
    Retained: _retained,
    Reachable: _reachable,
    Large: _large,
    Diff: _diff,
    Count: _addressed,
    RootList: _root_list,
    RootRow: _root,
    Threads: _threads,
    ThreadStack: _thread,
    PollSet: _addressed,
    Task: _task,
    Trace: trace_document,
    TracedCall: traced_call_document,
    Matches: _matches,
    Match: _match,
    Neighbours: _neighbours,
    Neighbour: _neighbour,
    Routes: _routes,
    Route: _route,
    ModuleSymbols: _addressed,
    Symbol: _addressed,
    Source: _plain,
    CommandHelp: _plain,
}
