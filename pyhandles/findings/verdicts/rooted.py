"""A root reaches it: one with a name, or native code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.wording import root_text
from pyhandles.graph.paths import RootRank
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from pyhandles.findings.verdicts.case import Case


@dataclass(frozen=True, slots=True)
class Rooted:
    """path: empty if the object is the root itself."""

    root: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldNatively:
    """Held by no root with a name.

    reason: ``references``: native code has ``references`` to it; ``path``: to the object at which ``path`` begins;
    ``immortal``: it is never freed; ``collecting``: the collector may be freeing it; ``unowned``: no object owns it.
    """

    reason: str
    path: tuple[str, ...] = ()
    references: int = 0


def rooted(of: Case) -> Rooted | None:
    path = of.kept and of.kept.path
    if not path or path.rank == RootRank.NATIVE:
        return None
    return Rooted(root_text(of.snapshot, path.root, path.steps[0] if path.steps else None), of.way)


def held_natively(of: Case) -> HeldNatively:
    if not of.indices:
        return HeldNatively("unowned")
    path = of.kept and of.kept.path
    if not path:
        return HeldNatively("collecting")
    roots = of.snapshot.derive(Roots)
    references = int(roots.unexplained[path.root])
    if path.steps:
        return HeldNatively("path", of.way, references)
    return HeldNatively("immortal") if roots.is_immortal(path.root) else HeldNatively("references", (), references)
