"""The list of handles as a table, and one handle as a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.findings.descriptors import KINDS
from pyhandles.findings.ends.end import numbers
from pyhandles.render.columns import Column, Forms, shorten, table
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyhandles.findings.handles import Handle, HandleList

_COMFORTABLE_NUMBERS = 12
_COMFORTABLE_PLACE = 24
_SAYS_NOTHING = re.compile(r"(?:pipe|socket):\[\d+\]|anon_inode:.*|unix -")
"""A target in whose place the role is told, if it is known."""
_STREAM_OF_POPEN = re.compile(r"standard (\w+) of a subprocess\.Popen\b")
"""Without the end, it would be taken for the program's own."""
_STREAMS = {"input": "stdin", "output": "stdout", "error": "stderr"}
_LIKELY = " (likely)"
_VARIABLE = re.compile(r"(global|local|closure)(?: variable)? (.+) of (\S+)")
_CONNECTION = re.compile(r"(?P<protocol>\S+) \S+ → (?P<peer>\S+)(?: (?P<state>\S+))?")


def handle_table(answer: HandleList, width: int | None) -> list[Text]:
    """One line for each handle, how to see more, then the numbers of all by kind."""
    columns = handle_columns(answer.page.rows, ends=answer.ends)
    totals = [Text(), *wrap(_totals(answer), width)] if answer.page.total else []
    return [*table(columns, width), *rest(answer.page, width), *totals]


def handle_columns(handles: Sequence[Handle], *, ends: bool = False) -> list[Column]:
    """What there is to tell of handles, for a table; ``ends``: who has the other end of each, too."""

    def cells(value: Callable[[Handle], str | None]) -> list[Forms]:
        return [(value(handle) or "",) for handle in handles]

    # Where a socket was opened says more than its own port does.
    enough = 34 if any(handle.opened_at for handle in handles) else 52
    forms = [_end_forms(handle) for handle in handles if ends]
    return [
        Column("fd", [(fd_text(handle),) for handle in handles], right=True, style="bold"),
        Column("kind", cells(lambda handle: handle.kind), rank=2),
        Column("target", [_target_forms(handle) for handle in handles], keep="end", style="cyan", enough=enough),
        *([Column("other end", forms, keep="end", enough=34)] if ends else []),
        Column("class", cells(lambda handle: handle.class_), rank=1),
        Column("holder", [_holder_forms(handle.holder) for handle in handles], keep="end", enough=30),
        Column("owner", cells(_owners), rank=3),
        Column("opened at", [opened_forms(handle.opened_at) for handle in handles], keep="end", rank=2, enough=12),
        Column("address", cells(lambda handle: f"{handle.address:#x}" if handle.address else ""), rank=5, style="dim"),
        Column("inheritable", cells(lambda handle: "yes" if handle.inheritable else ""), rank=6),
    ]


def handle_text(handle: Handle) -> Text:
    """One handle in a line: ``fd 63  tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED``."""
    state = "" if handle.state == "open" else f"  {handle.state}"
    fd = "no fd" if handle.fd is None else f"fd {handle.fd}"
    return Text.assemble((fd, "bold"), "  ", (handle.target, "cyan"), (state, "yellow"))


def opened_forms(opened_at: str | None) -> Forms:
    """``pool.py:88 in Pool.get``, then without its class, then the line alone. A library has its name only."""
    if opened_at is None:
        return ("",)
    place, _, function = opened_at.partition(" in ")
    forms = (opened_at, f"{place} in {function.rpartition('.')[2]}", place) if function else (place,)
    return (*forms, shorten(place, _COMFORTABLE_PLACE, keep="end"))


def role_text(role: str) -> Text:
    """What a handle is for, as a line of its own."""
    return Text(role, "bold")


def fd_text(handle: Handle) -> str:
    return "-" if handle.fd is None else str(handle.fd)


def counts_text(counts: Mapping[str, int]) -> str:
    """``58 socket, 3 file``, in the order given."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def kinds_text(counts: Mapping[str, int]) -> str:
    """Of kinds of descriptor: ``58 sockets, 1 file``."""
    return ", ".join(f"{count:,} {kind if count == 1 else _PLURALS.get(kind, kind)}" for kind, count in counts.items())


_PLURALS = {
    **{kind: f"{kind}s" for kind in KINDS if kind not in {"dir", "tty", "inotify", "other"}},
    "dir": "directories",
    "tty": "terminals",
}


def _totals(answer: HandleList) -> Text:
    count = sum(answer.kinds.values())
    text = f"{count:,} open: {kinds_text(answer.kinds)}" if count else "no descriptor is open"
    return Text(text + (f"; {answer.stale:,} stale" if answer.stale else ""), "dim")


def _owners(handle: Handle) -> str:
    return " + ".join(owner.type for owner in handle.owners)


def _target_forms(handle: Handle) -> Forms:
    """A connection: in full, then without what says least of it. What is not open says so at the end."""
    if handle.role and _SAYS_NOTHING.fullmatch(handle.target):
        stream = _STREAM_OF_POPEN.match(handle.role)
        return (handle.role, f"Popen.{_STREAMS[stream[1]]}" if stream else handle.role.partition(" of ")[0])
    forms = [handle.target]
    connection = _CONNECTION.fullmatch(handle.target)
    if connection:
        protocol, peer, state = connection.group("protocol", "peer", "state")
        forms += [f"{protocol} → {peer} {state}"] if state else []
        forms += [f"{protocol} → {peer}", f"→ {peer}"]
    state = "" if handle.state == "open" else f" ({handle.state})"
    return tuple(form + state for form in forms)


def _end_forms(handle: Handle) -> Forms:
    """Who has the other end, then without when its process started, then by numbers alone."""
    end = handle.companions.other_end
    if end is None:
        return ("",)
    if end.where == "remote":
        return ("across the network",)
    forms = [end.text, end.text.partition(", running since")[0]]
    if end.fds:
        forms.append(numbers(end.fds))
    elif end.pid is not None:
        forms.append(f"process {end.pid}" + ("" if end.fd is None else f" fd {end.fd}"))
    elif end.where == "unseen":
        forms.append("not seen")
    else:
        forms.append(end.text.partition(": ")[0])
    return tuple(forms)


def _holder_forms(holder: str | None) -> Forms:
    """``app.pool.Connection.sock``, then without its modules; ``local variable x of f()``, then shorter."""
    if holder is None:
        return ("",)
    place, likely, _ = holder.partition(_LIKELY)
    variable = _VARIABLE.fullmatch(place)
    if variable:
        kind, name, scope = variable.groups()
        forms = [place, f"{kind} {name} of {scope}", f"{name} of {scope.rpartition('.')[2]}", name]
    elif " " in place:
        forms = [place]
    else:
        parts = place.split(".")
        forms = [".".join(parts[i:]) for i in range(max(1, len(parts) - 1))]
    return tuple(form + likely for form in forms)


def numbers_text(fds: Sequence[int], most: int = _COMFORTABLE_NUMBERS) -> str:
    """``7 8 9 … and 55 more``."""
    numbers = [str(fd) for fd in fds[:most]]
    more = len(fds) - len(numbers)
    return " ".join(numbers) + (f" … and {more:,} more" if more else "")
