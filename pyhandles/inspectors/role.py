"""What a role is, and how a family's table gives one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyhandles.inspectors.lens import Lens


@dataclass(frozen=True, slots=True)
class Role:
    """text: a noun phrase, ``standard output of a subprocess.Popen``. advice: what to write instead, or None.

    Of what a library needs as long as it runs, the advice is to do nothing.
    """

    text: str
    advice: str | None = None


Rule: TypeAlias = "Callable[[Lens, int], Role | None]"
"""Given the object that has the owner in its field, or the owner itself, say the role."""

Fields: TypeAlias = "Mapping[tuple[str, str], Rule]"
"""Type and field name → rule. The type's subclasses count, too."""


def fixed(text: str, advice: str | None = None) -> Rule:
    """The rule that says the same of each."""
    role = Role(text, advice)
    return lambda _lens, _index: role
