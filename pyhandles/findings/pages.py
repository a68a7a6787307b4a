"""A part of a long list, and how long the whole is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = TypeVar("Row")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``rows`` stand from ``offset`` on in a list of ``total``.

    empty: what it means that there are none at all. note: what else there is to know of the list, or "".
    """

    rows: tuple[Row, ...]
    total: int
    offset: int = 0
    empty: str = "nothing"
    note: str = ""

    @property
    def more(self) -> int:
        """How many rows follow."""
        return max(self.total - self.offset - len(self.rows), 0)


def page(
    items: Sequence[Item],
    make: Callable[[Item], Row],
    *,
    limit: int | None,
    offset: int = 0,
    empty: str = "nothing",
    note: str = "",
) -> Page[Row]:
    """The rows that ``make`` makes of at most ``limit`` of the items from ``offset`` on; the others cost nothing."""
    end = None if limit is None else offset + limit
    return Page(tuple(make(item) for item in items[offset:end]), len(items), offset, empty, note)
