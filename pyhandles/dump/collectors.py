"""Chooses what reads the heap. The one place that knows which collectors there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from pyhandles.dump import _native

    Collector = type[_native]

__all__ = ["Collector", "collector"]


def collector() -> Collector:
    """The collector that runs here.

    Raises: PyhandlesError where the extension was not built, or was built for another CPython.
    """
    try:
        from pyhandles.dump import _native
    except ImportError as error:
        raise PyhandlesError(
            f"the capturing extension does not load: {error}",
            hint="install pyhandles again with this Python, on a machine with a C compiler",
        ) from error
    if _native.__file__ is None:
        # Without the extension, the folder of its sources is what the name finds.
        raise PyhandlesError(
            "the capturing extension was not built",
            hint="install pyhandles again on a machine with a C compiler",
        )
    return _native
