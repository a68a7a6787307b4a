"""By which paths roots keep an object alive: the shortest, the next ones, and those that avoid something."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.avoiding import rows_to_avoid
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.retention import retention
from pyhandles.findings.wording import loop_texts, root_text, step_text
from pyhandles.graph.detours import Detours, RawDetours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.graph.paths import Path
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class RouteStep:
    """``label`` is the reference's own, ``text`` tells whose it is; it leads to ``object``."""

    label: str
    text: str
    object: Described


@dataclass(frozen=True, slots=True)
class Route:
    """From a root down to the object, which the last step leads to; no steps if it is a root itself.

    root: the root in words, with the variable from which the path starts. kind: ``global``, ``local``, ``class`` (the
    path runs through a class's attribute), ``interpreter``, ``native``.
    """

    root: str
    kind: str
    start: Described
    steps: tuple[RouteStep, ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """The answer to ``path``: ``routes`` are the shortest first, and fewer than were asked for if there are no more.

    garbage: no root reaches the object. loop: texts of the loop that keeps it then. avoided: how many references were
    to be avoided, None if nothing was.
    """

    object: Described
    asked: int
    routes: tuple[Route, ...]
    garbage: bool
    loop: tuple[str, ...] | None
    avoided: int | None


def routes(
    snapshot: Snapshot,
    index: int,
    *,
    avoid: Sequence[str] = (),
    count: int = 1,
    raw: bool = False,
    marks: Mapping[str, int] | None = None,
) -> Routes:
    """The shortest paths from roots to the object at ``index``, all different.

    The first by the preference among roots, the next in the order of their length.

    avoid: objects and references that no path may use, as `rows_to_avoid` takes them. count: how many paths.
    raw: object by object, nothing folded.
    Raises UnknownObject. Cost: the first is known for all objects once; each further one takes a search upwards from
    the object for each step of those before.
    """
    avoided = rows_to_avoid(snapshot, avoid, marks)
    kept = retention(snapshot, index, raw=raw)
    paths = [] if kept.is_garbage else _paths(snapshot, index, kept.path, avoided, count, raw=raw)
    return Routes(
        object=describe(snapshot, index),
        asked=count,
        routes=tuple(_route(snapshot, path) for path in paths),
        garbage=kept.is_garbage,
        loop=tuple(loop_texts(snapshot, kept.loop)) if kept.loop else None,
        avoided=len(np.unique(avoided)) if avoid else None,
    )


def _paths(
    snapshot: Snapshot, index: int, first: Path | None, avoided: np.ndarray, count: int, *, raw: bool
) -> list[Path]:
    if not len(avoided) and count == 1:
        return [first] if first else []
    detours = snapshot.derive(RawDetours if raw else Detours)
    if len(avoided):
        first = detours.to(index, avoided)
    found = list(islice(detours.next(first, index, avoided), count)) if first else []
    return found[:1] + sorted(found[1:], key=lambda path: len(path.steps))


def _route(snapshot: Snapshot, path: Path) -> Route:
    steps = path.steps
    return Route(
        root=root_text(snapshot, path.root, steps[0] if steps else None),
        kind=path.rank.name.lower(),
        start=describe(snapshot, path.root),
        steps=tuple(
            RouteStep(snapshot.label(step.row).text, step_text(snapshot, step), describe(snapshot, step.target))
            for step in steps
        ),
    )
