"""From styled lines to what a stream takes: colour only on a terminal, and only characters that it can encode."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

_PLAIN = str.maketrans({"→": "->", "…": "...", "└": "`", "├": "|", "│": "|", "─": "-", "µ": "u"})


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a stream can show. ``width`` is None where lines may be of any length: a file, a pipe."""

    width: int | None
    colour: bool
    unicode: bool

    def encode(self, lines: Iterable[Text]) -> list[str]:
        """Each line as it goes to the stream, without its line break."""
        if self.colour:
            console = Console(file=StringIO(), force_terminal=True, color_system="standard", legacy_windows=False)
            with console.capture() as capture:
                for line in lines:
                    console.print(line, soft_wrap=True, highlight=False)
            encoded = capture.get().removesuffix("\n").split("\n")
        else:
            encoded = [line.plain for line in lines]
        return encoded if self.unicode else [line.translate(_PLAIN) for line in encoded]


def terminal_of(stream: TextIO) -> Terminal:
    """What this stream is."""
    is_terminal = stream.isatty()
    return Terminal(
        shutil.get_terminal_size().columns if is_terminal else None,
        is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        (stream.encoding or "").lower().replace("-", "").startswith("utf"),
    )
