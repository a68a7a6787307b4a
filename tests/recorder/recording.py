"""What the recorder saw."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from pathlib import Path

from pyhandles.format import EventFlag
from tests.native.plain import Plain
from tests.recorder.deeds import Deed, Sections, Seen, in_sections
from tests.recorder.every_way import MARKS

CALLS = Path(__file__).parents[2] / "pyhandles/dump/_native/recorder/calls.def"
DOES = {told: does for does, told in re.findall(r"^CALL\(\w+, (\w+), (\w+)\)", CALLS.read_text(), re.MULTILINE)}
"""Hooked call to what it does."""


def recorded(snapshot: Plain) -> Sections:
    """In the order in which they took effect: a close does from its start on, an opening when it ends."""
    rows = snapshot.rows("events")
    rows.sort(key=lambda row: row["time"] + (0 if EventFlag.CLOSED in EventFlag(row["flags"]) else row["duration"]))
    return in_sections(_event(snapshot, row) for row in rows)


def _event(snapshot: Plain, row: dict[str, int]) -> tuple[str | None, list[Seen]]:
    call, detail = snapshot.text(row["call"]) or "", snapshot.text(row["detail"]) or ""
    if row["errno"] and MARKS in detail:
        return detail.rpartition("/")[2], []
    text = f"{call} {row['fd']} {row['other']} = {row['result']} {row['errno']} {EventFlag(row['flags'])!r} {detail}"
    return None, [Seen(deed, text) for deed in _deeds(call, row)]


def _deeds(call: str, row: dict[str, int]) -> Iterator[Deed]:
    flags, error = EventFlag(row["flags"]), row["errno"]
    if EventFlag.CLOSED in flags:
        is_range = call in {"close_range", "closefrom"}
        yield Deed(row["fd"], f"closed to {row['other']}" if is_range else "closed")
    if EventFlag.OPENED in flags:
        yield Deed(row["fd"], "opened")
        if DOES[call] == "PAIRS":
            yield Deed(row["other"], "opened")
    if error and DOES[call] == "CLOSES":
        yield Deed(row["fd"], errno.errorcode[error])
    elif error and DOES[call] in {"MAKES", "WRAPS", "PAIRS", "COPIES"}:
        yield Deed(-1, errno.errorcode[error])
