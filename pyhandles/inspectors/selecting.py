"""Objects that keep what they have registered in an epoll set, beside the kernel's own list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens

KEEPERS = {("selectors._BaseSelectorImpl", "_selector"): "_fd_to_key"}
"""Type, and its field with the set → its field with a dict by descriptor number."""


def keeper(lens: Lens, owner: int) -> tuple[int, int] | None:
    """The object that has the epoll object in such a field, and its dict; None where there is none."""
    for place in lens.places(owner):
        for (type_name, field), registered in KEEPERS.items():
            if place.name == field and lens.is_a(place.source, type_name):
                mapping = lens.field(place.source, registered)
                if mapping is not None and lens.snapshot.type_name(mapping) == "dict":
                    return place.source, mapping
    return None
