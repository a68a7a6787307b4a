"""The holder: the nearest object on the way to a root that a user would recognise."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pyhandles.findings.describe import describe, short_type
from pyhandles.findings.recognition import Recognition, Sort
from pyhandles.findings.wording import root_text, step_text
from pyhandles.format import LabelKind
from pyhandles.graph.paths import RootRank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyhandles.findings.retention import Retention
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

_MOST_OBJECTS = 48
_MOST_REFERRERS = 24


def holder_text(snapshot: Snapshot, kept: Retention) -> str | None:
    """The holder of an owner, and where the owner is in it: ``Connection.sock``, ``Pool.idle[3]``.

    ``global POOL['c1'] of app``, ``local variable conn of handle()``. The type's name goes without its module unless
    two types of the snapshot share it. None if nothing that is known holds the object.

    It is on the way from the root, past what libraries make for themselves. Where that way tells only of a library, as
    when an event loop watches a socket, it is the user's nearest object that holds the owner besides.
    """
    steps = list(_upwards(kept))
    text, is_users = _on_the_way(snapshot, steps)
    if _only_containers(snapshot, kept, steps):
        return root_text(snapshot, steps[-1].source, steps[-1])
    return text if is_users or not steps else _besides(snapshot, steps[0]) or text


def holder_besides(snapshot: Snapshot, kept: Retention) -> str | None:
    """The holder, where the way from the root does not lead through it; None where it does."""
    steps = list(_upwards(kept))
    _, is_users = _on_the_way(snapshot, steps)
    return None if is_users or not steps else _besides(snapshot, steps[0])


def _only_containers(snapshot: Snapshot, kept: Retention, steps: Sequence[Reference]) -> bool:
    """Whether the root's own name tells more than all that is between it and the owner."""
    if kept.path is None or kept.path.rank == RootRank.NATIVE:
        return False
    known = snapshot.derive(Recognition)
    return bool(steps) and all(known.sort(step) == Sort.CONTAINER for step in steps)


def _on_the_way(snapshot: Snapshot, steps: Iterable[Reference]) -> tuple[str | None, bool]:
    """The holder by these steps, and whether it is the user's; else what of the library is nearest to him."""
    known = snapshot.derive(Recognition)
    where, text = "", None
    for step in steps:
        sort = known.sort(step)
        if sort == Sort.USERS:
            return place_text(snapshot, step, where), True
        if sort == Sort.BARRIER:
            return text or place_text(snapshot, step, where), False
        if sort == Sort.LIBRARY:
            text = place_text(snapshot, step, where)
        where = known.where(step, sort, where)
        if sort == Sort.CONTAINER and text is None:
            nameless = f"{short_type(snapshot, step.source)}{where}"
    return (nameless, True) if text is None and where else (text, False)


def _besides(snapshot: Snapshot, nearest: Reference) -> str | None:
    """The holder by the user's nearest object, searched upwards breadth first through what is not the user's."""
    start = nearest.target if snapshot.owners.of(nearest.target) else nearest.source
    known = snapshot.derive(Recognition)
    queue, seen = [(start, "")], {start}
    for index, where in queue:
        for step in islice(known.referrers(index), _MOST_REFERRERS):
            sort = known.sort(step)
            if sort == Sort.USERS:
                return place_text(snapshot, step, where)
            if sort != Sort.BARRIER and step.source not in seen and len(seen) < _MOST_OBJECTS:
                seen.add(step.source)
                queue.append((step.source, known.where(step, sort, where)))
    return None


def place_text(snapshot: Snapshot, step: Reference, where: str = "") -> str:
    """A reference in the words of `holder_text`; ``where``: what follows it, ``[3]``."""
    label = snapshot.label(step.row)
    source = step.source
    if label.kind == LabelKind.GLOBAL:
        module = snapshot.modules.of(source)
        return f"{label.text}{where} of {module.name if module else describe(snapshot, source).text}"
    if label.kind == LabelKind.LOCAL:
        name = _function_of(snapshot, source)
        return f"{label.text}{where} of {name}()" if name else f"{label.text}{where}"
    if label.kind == LabelKind.CLOSURE:
        function = snapshot.functions.of(source)
        return f"{label.text}{where} of {function.qualname if function else describe(snapshot, source).text}"
    if label.kind == LabelKind.CONTEXT:
        return f"{label.text}{where}"
    if label.kind in {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER}:
        return step_text(snapshot, step) + where
    running = _function_of(snapshot, source)
    return f"{label.text} of {running}()" if running else f"{short_type(snapshot, source)}{label.suffix}{where}"


def _function_of(snapshot: Snapshot, frame_index: int) -> str | None:
    frame = snapshot.frames.of(frame_index)
    code = frame and snapshot.codes.of(frame.code)
    return code.name if code else None


def _upwards(kept: Retention) -> Iterable[Reference]:
    """The references above an object, nearest first: up the path, or for garbage up to the loop and around it."""
    if kept.path:
        return reversed(kept.path.steps)
    return reversed(kept.loop.steps + kept.loop.down) if kept.loop else ()
