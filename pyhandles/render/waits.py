"""What threads wait for, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.findings.wait_texts import waits_text
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.waits import ThreadWait

_SHOWN = 4


def waits_line(waits: Sequence[ThreadWait]) -> Text:
    """What all of them do: red where it goes on with what was closed."""
    return Text(waits_text(waits), "bold red" if waits[0].is_on_closed else "cyan")


def native_list(groups: Sequence[Sequence[ThreadWait]], width: int | None) -> list[Text]:
    """Threads that run no Python, those in the same call in a line."""
    count = sum(map(len, groups))
    lines = wrap(Text(f"{count:,} native thread{'s' * (count != 1)}, without Python", "bold"), width)
    for waits in groups:
        names = names_text([str(wait.native) for wait in waits])
        lines += wrap(Text.assemble(f"native {names}: ", waits_line(waits)), width, "  ", "    ")
    return lines


def names_text(names: Sequence[str]) -> str:
    """``worker-1, worker-2, worker-3, worker-4 and 96 more``."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
