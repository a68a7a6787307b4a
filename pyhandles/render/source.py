"""Lines of source, the one that is meant marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.source import Source

_MARK = "→ "


def source_page(answer: Source, width: int | None) -> list[Text]:
    lines = wrap(Text.assemble((answer.what, "bold"), f", {answer.file}:{answer.line}"), width)
    if answer.newer:
        warning = "The file is newer than the snapshot: these may not be the lines that ran."
        lines += wrap(Text(warning, "yellow"), width)
    if answer.note:
        lines += wrap(Text(f"Line {answer.line} is {answer.note}.", "dim"), width)
    digits = len(str(answer.first + len(answer.lines)))
    for number, line in enumerate(answer.lines, answer.first):
        is_meant = number == answer.line
        margin = f"{_MARK if is_meant else ' ' * len(_MARK)}{number:>{digits}}  "
        lines += wrap(Text(line, "bold" if is_meant else ""), width, margin)
    return lines
