"""Answers as documents: dicts and lists whose fields other programs rely on.

``version`` is that of these fields: one may be added within it; one that is renamed or dropped makes a new one.
Addresses are strings, ``"0x7f12a4c3d5e0"``, as the shell takes them and as they are shown everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pyhandles.findings.handles import Handle
from pyhandles.findings.identify import Ancestry, Identification, Line
from pyhandles.findings.show import Details, Referent
from pyhandles.findings.summary import Summary
from pyhandles.findings.why import Why
from pyhandles.render.help import CommandHelp

if TYPE_CHECKING:
    from pyhandles.errors import PyhandlesError
    from pyhandles.findings.describe import Described
    from pyhandles.findings.verdict import Verdict

VERSION = 1

Document = dict[str, Any]


def document(command: str, answer: object) -> Document:
    """The document of a command's answer: ``rows`` for a list, else the answer's own fields."""
    head: Document = {"version": VERSION, "command": command}
    if isinstance(answer, list):
        return head | {"rows": [_FIELDS[type(row)](row) for row in answer]}
    return head | _FIELDS[type(answer)](answer)


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
    }


def _object(described: Described) -> Document:
    return {"address": hexadecimal(described.address), "type": described.type, "text": described.text}


def _verdict(verdict: Verdict) -> Document:
    return {"kind": verdict.kind, "text": verdict.text}


def _identification(answer: Identification) -> Document:
    first, *others = [_ancestry(ancestry) for ancestry in answer.ancestries] or [_NO_ANCESTRY]
    return {
        "handle": None if answer.handle is None else _handle(answer.handle),
        **first,
        "others": others,
        "verdict": _verdict(answer.verdict),
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
    }


def _plain(answer: Any) -> Document:
    return {name: _lists(value) for name, value in asdict(answer).items()}


def _lists(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _lists(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_lists(item) for item in value]
    return value


_FIELDS: dict[type, Callable[[Any], Document]] = {
    Handle: _handle,
    Identification: _identification,
    Details: _details,
    Why: _why,
    Summary: _plain,
    CommandHelp: _plain,
}
