"""How a dict's keys are told: names and small numbers in clear, the rest as a hash that no guess can be checked by."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from pyhandles.dump.portable.classes import is_heap_type, module_of, name_of
from pyhandles.dump.portable.strings import Strings, label
from pyhandles.format import LABEL_VALUE_MASK, LabelKind

LONGEST_NAME = 40
LONGEST_HASHED = 2000
"""Bytes. For longer ones hashlib would give up the GIL."""
SMALL = 1 << 20

_VALUE, _KEY = LabelKind.VALUE_NAME.value, LabelKind.KEY_NAME.value
_INT, _HASH, _TYPE = 1, 2, 3
"""From the kind of label for a name to those for other keys."""


class Keys:
    """Labels for the keys of one snapshot; the hash's own key is drawn for it and forgotten with it."""

    def __init__(self, strings: Strings, told: str, secret: bytes, *, redact: bool) -> None:
        self._strings = strings
        self._all = told == "all" and not redact
        self._names = told != "none" and not redact
        self._secret = secret

    def value_label(self, key: object) -> int:
        """Of the reference to the value under this key."""
        return self._label(key, _VALUE)

    def key_label(self, key: object) -> int:
        """Of the reference to the key itself."""
        return self._label(key, _KEY)

    def attribute_label(self, key: object, kind: int) -> int:
        """Of the reference to an attribute or a global. What has no identifier for its name is data."""
        if issubclass(type(key), str) and str.isidentifier(key):  # type: ignore[arg-type]
            return self._strings.label(kind, key)  # type: ignore[arg-type]
        return self.value_label(key)

    def _label(self, key: Any, first: int) -> int:
        kind = type(key)  # isinstance would ask the object itself, too
        if issubclass(kind, str):
            return self._text_label(key if kind is str else str.__str__(key), first)
        if issubclass(kind, int):
            return self._int_label(int.__int__(key), first)
        if issubclass(kind, bytes):
            return self._hash_label(bytes(memoryview(key)[:LONGEST_HASHED]), first)
        return self._strings.label(first + _TYPE, _type_name(kind))

    def _text_label(self, key: str, first: int) -> int:
        if self._all or (self._names and _looks_like_a_name(key)):
            return self._strings.label(first, key)
        data = key[: LONGEST_HASHED // 4].encode("utf-8", "surrogatepass")
        return self._hash_label(data, first)

    def _int_label(self, key: int, first: int) -> int:
        if self._names and -SMALL < key < SMALL:
            return label(first + _INT, key << 1 if key >= 0 else (-key << 1) - 1)
        if key.bit_length() < 64:
            return self._hash_label(key.to_bytes(8, "little", signed=True), first)
        return self._strings.label(first + _TYPE, "int")

    def _hash_label(self, data: bytes, first: int) -> int:
        digest = hashlib.blake2s(data, key=self._secret, digest_size=4).digest()
        return label(first + _HASH, int.from_bytes(digest, "little") & LABEL_VALUE_MASK)


def draw_secret() -> bytes:
    return os.urandom(16)


def _looks_like_a_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and text.isascii() and text.isidentifier()


def _type_name(kind: type) -> str:
    """As C calls it: with its module, where it is written in C."""
    if is_heap_type(kind) or module_of(kind) == "builtins":
        return name_of(kind)
    return f"{module_of(kind)}.{name_of(kind)}"
