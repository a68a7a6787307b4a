"""The list of handles as a table, and one handle as a line."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, Forms, table
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pyhandles.findings.handles import Handle

_CONNECTION = re.compile(r"(?P<protocol>\S+) \S+ → (?P<peer>\S+)(?: (?P<state>\S+))?")


def handle_table(handles: list[Handle], width: int | None) -> list[Text]:
    """One line for each handle, then their numbers by kind."""

    def cells(value: Callable[[Handle], str | None]) -> list[Forms]:
        return [(value(handle) or "",) for handle in handles]

    columns = [
        Column("fd", [(fd_text(handle),) for handle in handles], right=True, style="bold"),
        Column("kind", cells(lambda handle: handle.kind), rank=2),
        Column("target", [_target_forms(handle) for handle in handles], keep="end", style="cyan", enough=52),
        Column("class", cells(lambda handle: handle.class_), rank=1),
        Column("holder", [_holder_forms(handle.holder) for handle in handles], keep="end", enough=30),
        Column("owner", cells(_owners), rank=3),
        Column("opened at", cells(lambda handle: handle.opened_at), keep="end", rank=4),
        Column("address", cells(lambda handle: f"{handle.address:#x}" if handle.address else ""), rank=5, style="dim"),
        Column("inheritable", cells(lambda handle: "yes" if handle.inheritable else ""), rank=6),
    ]
    return [*table(columns, width), Text(), *wrap(_totals(handles), width)]


def handle_text(handle: Handle) -> Text:
    """One handle in a line: ``fd 63  tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED``."""
    state = "" if handle.state == "open" else f"  {handle.state}"
    fd = "no fd" if handle.fd is None else f"fd {handle.fd}"
    return Text.assemble((fd, "bold"), "  ", (handle.target, "cyan"), (state, "yellow"))


def fd_text(handle: Handle) -> str:
    return "-" if handle.fd is None else str(handle.fd)


def counts_text(counts: Mapping[str, int]) -> str:
    """``58 socket, 3 file``, in the order given."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _totals(handles: Iterable[Handle]) -> Text:
    rows = list(handles)
    kinds = Counter(handle.kind for handle in rows if handle.fd is not None and handle.state != "stale")
    stale = sum(1 for handle in rows if handle.fd is None or handle.state == "stale")
    text = f"{kinds.total():,} open: {counts_text(dict(kinds.most_common()))}" if kinds else "no descriptor is open"
    return Text(text + (f"; {stale:,} stale" if stale else ""), "dim")


def _owners(handle: Handle) -> str:
    return " + ".join(owner.type for owner in handle.owners)


def _target_forms(handle: Handle) -> Forms:
    """A connection: in full, then without what says least of it. What is not open says so at the end."""
    forms = [handle.target]
    connection = _CONNECTION.fullmatch(handle.target)
    if connection:
        protocol, peer, state = connection.group("protocol", "peer", "state")
        forms += [f"{protocol} → {peer} {state}"] if state else []
        forms += [f"{protocol} → {peer}", f"→ {peer}"]
    state = "" if handle.state == "open" else f" ({handle.state})"
    return tuple(form + state for form in forms)


def _holder_forms(holder: str | None) -> Forms:
    """``app.pool.Connection.sock``, then without its modules; ``local variable x of f()``, then shorter."""
    if holder is None:
        return ("",)
    if " " in holder:
        return (holder, holder.replace("local variable ", "local "))
    parts = holder.split(".")
    return tuple(".".join(parts[i:]) for i in range(max(1, len(parts) - 1)))
