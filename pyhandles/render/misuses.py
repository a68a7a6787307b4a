"""Misuse: what was wrong, the stacks of those who had to do with it, what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.misuses import Deed, Misuse


def misuse_list(misuses: Sequence[Misuse], width: int | None) -> list[Text]:
    """A paragraph each."""
    lines: list[Text] = []
    for misuse in misuses:
        lines += [Text()] if lines else []
        lines += wrap(_heading(misuse), width)
        lines += definitions(((name, text) for name, text in _facts(misuse) if text), width)
    return lines


def _heading(misuse: Misuse) -> Text:
    often = f", {misuse.count:,} times at this place, first" if misuse.count > 1 else ""
    return Text.assemble((misuse.kind, "bold red"), f"{often}: {misuse.text}.")


def _facts(misuse: Misuse) -> list[tuple[str, Text]]:
    return [
        ("used", _stack(misuse.use)),
        ("closed", _stack(misuse.closed)),
        ("opened", _stack(misuse.opened)),
        ("fix", Text(misuse.advice, "green")),
    ]


def _stack(deed: Deed | None) -> Text:
    """The way to the call, innermost first; nothing where that is its site alone, which has been told."""
    return Text(" ← ".join(deed.way) if deed and len(deed.way) > 1 else "")
