"""No object owns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.ledger import STANDARD
from pyhandles.findings.raw import RawHolders
from pyhandles.findings.verdicts.case import way_to

if TYPE_CHECKING:
    from pyhandles.findings.verdicts.case import Case


@dataclass(frozen=True, slots=True)
class Raw:
    """holder: the likely one, ``Worker.fd``. path: texts, from a root down to it. object: whose attribute that is."""

    holder: str
    path: tuple[str, ...]
    object: Described


@dataclass(frozen=True, slots=True)
class Inherited:
    """It was open when pyhandles was installed."""


@dataclass(frozen=True, slots=True)
class Standard:
    """name: ``standard input``."""

    name: str


def raw(of: Case) -> Raw | None:
    snapshot = of.snapshot
    holder = None if of.indices else snapshot.derive(RawHolders).get(of.fd)
    if holder is None:
        return None
    path = way_to(snapshot, holder.kept(snapshot), holder.reference.target)
    return Raw(holder.text(snapshot), path, describe(snapshot, holder.reference.source))


def inherited(of: Case) -> Inherited | None:
    return Inherited() if of.fd not in STANDARD and _is_from_start(of) else None


def standard(of: Case) -> Standard | None:
    return Standard(STANDARD[of.fd]) if of.fd in STANDARD and _is_from_start(of) else None


def _is_from_start(of: Case) -> bool:
    return not of.indices and of.fd is not None and of.snapshot.derive(Claims).descriptors[of.fd].start == 1
