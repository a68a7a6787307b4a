"""It is held by an exception or its traceback."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyhandles.findings.describe import Described, describe
from pyhandles.findings.holder import holder_text, place_text
from pyhandles.findings.raised import TRACEBACK, exception_of, raised_at, raised_on, traceback_of
from pyhandles.findings.retention import Retention
from pyhandles.findings.wording import root_text
from pyhandles.format import LabelKind, RootKind
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from pyhandles.findings.verdicts.case import Case
    from pyhandles.graph.paths import Path


@dataclass(frozen=True, slots=True)
class HeldByException:
    """exception: the one that holds it; None if only a traceback is there.

    link: how ``outer`` refers to it, ``__context__``; None if nothing is chained to it. raised_at: ``f() at app.py:9``.
    variable: by which the traceback holds it, ``local variable sock of connect()``; None if the exception itself does.
    kept_by: who keeps the exception or the traceback, ``Client.error``; None if a thread is handling it.
    """

    path: tuple[str, ...]
    exception: Described | None
    link: str | None
    outer: Described | None
    raised_at: str | None
    variable: str | None
    kept_by: str | None


def held_by_exception(of: Case) -> HeldByException | None:
    path = of.kept and of.kept.path
    passed = raised_on(of.snapshot, path.steps) if path else []
    if not path or not passed:
        return None
    snapshot = of.snapshot
    exceptions = [(place, index) for place, index in passed if snapshot.type_name(index) != TRACEBACK]
    traceback = next((index for _, index in passed if snapshot.type_name(index) == TRACEBACK), None)
    place, exception = exceptions[-1] if exceptions else (passed[0][0], traceback and exception_of(snapshot, traceback))
    outer = exceptions[-2] if len(exceptions) > 1 else None
    start = traceback_of(snapshot, exception) if exception is not None else traceback
    variable = next(
        (
            step
            for step in path.steps[place:]
            if traceback is not None and snapshot.label(step.row).kind == LabelKind.LOCAL
        ),
        None,
    )
    return HeldByException(
        of.way,
        None if exception is None else describe(snapshot, exception),
        snapshot.label(path.steps[outer[0]].row).name if outer else None,
        describe(snapshot, outer[1]) if outer else None,
        None if start is None else raised_at(snapshot, start),
        place_text(snapshot, variable) if variable else None,
        _kept_by(of, path, passed[0][0]),
    )


def _kept_by(of: Case, path: Path, place: int) -> str | None:
    snapshot, steps = of.snapshot, path.steps[:place]
    root = snapshot.derive(Roots).table.get(path.root)
    if not steps:
        return None if root and root.kind == RootKind.THREAD else root_text(snapshot, path.root)
    if len(steps) == 1 and root and root.kind == RootKind.INTERPRETER:
        return root_text(snapshot, path.root, steps[0])
    return holder_text(snapshot, Retention(is_garbage=False, path=replace(path, steps=steps), loop=None))
