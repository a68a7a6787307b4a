"""Reads a snapshot with nothing but the standard library, as a stranger would from the documentation of the format."""

from __future__ import annotations

import array
import pickle
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LABEL_VALUE_MASK, NOTHING, LabelKind

TYPECODES = {"<u1": "B", "<u2": "H", "<u4": "I", "<i4": "i", "<u8": "Q", "<i8": "q"}

NAMED = {
    LabelKind.ATTRIBUTE,
    LabelKind.SLOT,
    LabelKind.MEMBER,
    LabelKind.VALUE_NAME,
    LabelKind.VALUE_TYPE,
    LabelKind.KEY_NAME,
    LabelKind.KEY_TYPE,
    LabelKind.CLOSURE,
    LabelKind.LOCAL,
    LabelKind.GLOBAL,
    LabelKind.CONTEXT,
}


class Reference(NamedTuple):
    kind: LabelKind
    value: str | int
    counted: bool
    target: int
    """Address."""


class Plain:
    """A snapshot as rows."""

    def __init__(self, path: str | Path) -> None:
        with open(path, "rb") as file:
            self.header = pickle.load(file)
        self.tables = self.header.pop("tables")
        self.strings = self._strings()
        self.addresses = self.column("objects", "address")
        self.index = {address: index for index, address in enumerate(self.addresses)}
        self._ends = self.column("objects", "end")
        self._targets = self.column("references", "target")
        self._labels = self.column("references", "label")

    def column(self, table: str, name: str) -> array.array[int]:
        column = self.tables[table]["columns"][name]
        return array.array(TYPECODES[column["type"]], column["data"])

    def rows(self, table: str) -> list[dict[str, int]]:
        names = list(self.tables[table]["columns"])
        columns = [self.column(table, name) for name in names]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def _strings(self) -> list[str]:
        text = self.tables["text"]["columns"]["utf8"]["data"]
        ends = self.column("strings", "end")
        starts = [0, *ends[:-1]]
        pairs = zip(starts, ends, strict=True)
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in pairs]

    def text(self, number: int) -> str | None:
        return None if number == NOTHING else self.strings[number]

    def fact(self, address: int, column: str) -> int:
        return self.column("objects", column)[self.index[address]]

    def row(self, table: str, address: int) -> dict[str, int]:
        [row] = [row for row in self.rows(table) if row["object"] == self.index[address]]
        return row

    def references(self, address: int) -> list[Reference]:
        index = self.index[address]
        start = self._ends[index - 1] if index else 0
        return [self._reference(number) for number in range(start, self._ends[index])]

    def _reference(self, number: int) -> Reference:
        label = self._labels[number]
        kind = LabelKind(label >> LABEL_KIND_SHIFT)
        value: str | int = label & LABEL_VALUE_MASK
        if kind in NAMED:
            value = self.strings[int(value)]
        return Reference(kind, value, not label & LABEL_UNCOUNTED, self.addresses[self._targets[number]])

    def counted_targets(self, address: int) -> Counter[int]:
        return Counter(each.target for each in self.references(address) if each.counted)

    def type_name(self, address: int) -> str:
        type_object = self.fact(address, "type")
        [row] = [row for row in self.rows("types") if row["object"] == type_object]
        return f"{self.text(row['module'])}.{self.text(row['qualname'])}"
