"""The line at the bottom: which snapshot this is, and what the command under the cursor takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from pyhandles.render.clean import clean_text
from pyhandles.render.columns import shorten
from pyhandles.render.overview import limit_text
from pyhandles.shell.commands import COMMANDS
from pyhandles.shell.commands.command import ArgumentParser
from pyhandles.shell.parsing import split_name

if TYPE_CHECKING:
    from pyhandles.findings.summary import Summary

_BETWEEN = " │ "


def toolbar(name: str, summary: Summary, line: str, width: int) -> str:
    """The toolbar's text, no wider than ``width`` cells; what is typed counts most, the file's name least."""
    full = f"{summary.open:,} of {limit_text(summary.soft_limit)} open"
    parts = [usage(line), full, summary.trigger]
    text = _BETWEEN.join(clean_text(part) for part in parts if part)
    room = width - cell_len(text) - cell_len(_BETWEEN)
    if room >= 8:
        text = _BETWEEN.join([shorten(clean_text(name), room, keep="end"), text])
    return shorten(text, width)


def usage(line: str) -> str:
    """What the command that the line begins with takes; without one, where to learn of them."""
    name, _ = split_name(line.split())
    if name is None:
        return "help lists the commands"
    return ArgumentParser(COMMANDS[name]).usage_line()
