"""What was closed and is not gone: what it is, how that is known, what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.lingering.finding import Lingering


def lingering_list(findings: Sequence[Lingering], width: int | None) -> list[Text]:
    """A paragraph each."""
    lines: list[Text] = []
    for finding in findings:
        lines += [Text()] if lines else []
        lines += wrap(_heading(finding), width)
        lines += definitions(
            (
                *(("target", Text(finding.target, "cyan")) for _ in range(_is_new(finding))),
                *(("known", Text(text)) for text in finding.evidence[:1]),
                *(("", Text(text)) for text in finding.evidence[1:]),
                ("fix", Text(finding.advice, "green")),
            ),
            width,
        )
    return lines


def _heading(finding: Lingering) -> Text:
    return Text.assemble((finding.kind, "bold" if finding.ordinary else "bold red"), f": {finding.text}.")


def _is_new(finding: Lingering) -> bool:
    """Whether the sentence has not named the target."""
    return finding.target not in finding.text
