"""The verdict on one handle, or on one object: the first rule that finds evidence gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.verdicts.exceptions import held_by_exception
from pyhandles.findings.verdicts.frames import held_by_frame
from pyhandles.findings.verdicts.garbage import garbage
from pyhandles.findings.verdicts.kept_open import kept_open
from pyhandles.findings.verdicts.loops import held_by_loop
from pyhandles.findings.verdicts.owners import shared, stale
from pyhandles.findings.verdicts.rooted import held_natively, rooted
from pyhandles.findings.verdicts.texts import text_of
from pyhandles.findings.verdicts.unowned import inherited, raw, standard

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.findings.verdicts.case import Case
    from pyhandles.findings.verdicts.texts import Evidence


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is one of `KINDS`; ``text`` says the evidence in one sentence, without a full stop at the end."""

    kind: str
    text: str
    evidence: Evidence | None = None


_RULES: dict[str, Callable[[Case], Evidence | None]] = {
    "shared": shared,
    "stale": stale,
    "closing": kept_open,
    "garbage": garbage,
    "exception": held_by_exception,
    "loop": held_by_loop,
    "frame": held_by_frame,
    "rooted": rooted,
    "raw": raw,
    "inherited": inherited,
    "standard": standard,
    "native": held_natively,
}
"""The first that finds evidence gives the verdict; the last one always does."""

KINDS = tuple(_RULES)


def verdict(of: Case) -> Verdict:
    """The first verdict that fits; see `KINDS`."""
    kind, evidence = next((kind, found) for kind, rule in _RULES.items() if (found := rule(of)) is not None)
    return Verdict(kind, text_of(evidence), evidence)
