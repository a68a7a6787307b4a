"""Options of the commands whose answers are long."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, TypedDict

from pyhandles.shell.commands.command import whole_number

if TYPE_CHECKING:
    from pyhandles.shell.commands.command import ArgumentParser

COMFORTABLE_ROWS = 50


class Part(TypedDict):
    """A part of a long list."""

    limit: int | None
    offset: int


def take_page(parser: ArgumentParser, *, programs_see_all: bool = False) -> None:
    """Declare ``--limit`` and ``--offset``; `page` in `pyhandles.findings.pages` takes them under these names.

    programs_see_all: in JSON and CSV there is no limit but one that is given; ``limit`` is None without one.
    """
    parser.add_argument(
        "--limit",
        type=whole_number,
        default=None if programs_see_all else COMFORTABLE_ROWS,
        metavar="N",
        help=f"show N rows; {COMFORTABLE_ROWS} if not given{', all in JSON and CSV' if programs_see_all else ''}",
    )
    parser.add_argument("--offset", type=number, default=0, metavar="N", help="leave out the first N rows")


def part(arguments: argparse.Namespace) -> Part:
    """What `take_page` has declared, as the findings take it: ``**part(arguments)``."""
    return {"limit": arguments.limit, "offset": arguments.offset}


def number(text: str) -> int:
    """An argument that is a number from 0 up."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 up")
    return int(text)
