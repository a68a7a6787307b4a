"""What there was at the beginning, so that a snapshot can tell what has grown since."""

from __future__ import annotations

from pyhandles.errors import PyhandlesError


def census() -> dict[str, int]:
    """How many objects of each type the collector tracks: ``module.name`` → number.

    Takes a list of all those objects meanwhile.
    Raises: PyhandlesError where objgraph is not installed.
    """
    try:
        import objgraph  # noqa: PLC0415 - for those who ask for a census
    except ImportError:
        raise PyhandlesError(
            "a census needs objgraph, which is not installed here", hint="`pip install objgraph`, or leave census out"
        ) from None
    counts: dict[str, int] = objgraph.typestats(shortnames=False)
    return counts
