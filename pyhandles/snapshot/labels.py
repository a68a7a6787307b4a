"""What a reference is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LABEL_VALUE_MASK, LabelKind

if TYPE_CHECKING:
    from pyhandles.snapshot.strings import Strings


class Label(NamedTuple):
    """``name`` is the label's text where its kind has one; see `LabelKind` for what ``value`` means elsewhere."""

    kind: LabelKind
    value: int
    uncounted: bool
    name: str

    @property
    def text(self) -> str:
        """As it reads: ``attribute .sock``, ``item [3]``, ``closure variable conns``."""
        return _TEXTS[self.kind].format(
            name=self.name, repr=repr(self.name), value=self.value, nth=self.value + 1, integer=unzigzag(self.value)
        )

    @property
    def suffix(self) -> str:
        """As it follows its source in Python: ``.sock``, ``[3]``; what Python has no word for, as `text` in braces."""
        if self.kind in {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER}:
            return f".{self.name}" if self.name.isidentifier() else f"{{{self.name}}}"
        if self.kind == LabelKind.SET_ITEM:
            return "{…}"
        head, _, tail = self.text.partition(" ")
        return tail if head in {"item", "value"} else f"{{{self.text}}}"


_TEXTS = {
    LabelKind.UNKNOWN: "reference {nth}",
    LabelKind.ATTRIBUTE: "attribute .{name}",
    LabelKind.SLOT: "slot .{name}",
    LabelKind.MEMBER: "member {name}",
    LabelKind.ITEM: "item [{value}]",
    LabelKind.VALUE_NAME: "value [{repr}]",
    LabelKind.VALUE_INT: "value [{integer}]",
    LabelKind.VALUE_HASH: "value [#{value:07x}]",
    LabelKind.VALUE_TYPE: "value [a {name}]",
    LabelKind.KEY_NAME: "key {repr}",
    LabelKind.KEY_INT: "key {integer}",
    LabelKind.KEY_HASH: "key #{value:07x}",
    LabelKind.KEY_TYPE: "key, a {name}",
    LabelKind.CLOSURE: "closure variable {name}",
    LabelKind.LOCAL: "local variable {name}",
    LabelKind.GLOBAL: "global {name}",
    LabelKind.STACK: "evaluation stack",
    LabelKind.STACK_CANDIDATE: "evaluation stack",
    LabelKind.TYPE: "type",
    LabelKind.BASE: "base",
    LabelKind.WEAK: "weak reference",
    LabelKind.CONTEXT: "context variable {name}",
    LabelKind.MEMBER_ITEM: "member [{value}]",
    LabelKind.SET_ITEM: "set item {value}",
}

NAMED_KINDS = frozenset(kind for kind, text in _TEXTS.items() if "{name}" in text or "{repr}" in text)
"""Kinds of label whose value is a text."""


def read_label(packed: int, strings: Strings) -> Label:
    """Unpack a label of the file."""
    kind = LabelKind(packed >> LABEL_KIND_SHIFT)
    value = packed & LABEL_VALUE_MASK
    name = (strings.get(value) or "") if kind in NAMED_KINDS else ""
    return Label(kind, value, bool(packed & LABEL_UNCOUNTED), name)


def pack_label(kind: LabelKind, value: int = 0, *, uncounted: bool = False) -> int:
    """Pack a label as the file has it."""
    return kind << LABEL_KIND_SHIFT | (LABEL_UNCOUNTED if uncounted else 0) | value & LABEL_VALUE_MASK


def zigzag(value: int) -> int:
    """How a label tells an integer key: 0, -1, 1, -2 are 0, 1, 2, 3."""
    return 2 * value if value >= 0 else -2 * value - 1


def unzigzag(value: int) -> int:
    """The integer key of a label's value."""
    return value >> 1 if value % 2 == 0 else -(value >> 1) - 1
