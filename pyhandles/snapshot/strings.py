"""The texts of a snapshot, decoded when they are asked for."""

from __future__ import annotations

import numpy as np

from pyhandles.format import NOTHING


class Strings:
    """ends: where each text ends in ``utf8``; it begins where the former ends."""

    def __init__(self, ends: np.ndarray, utf8: np.ndarray) -> None:
        self._ends = ends
        self._utf8 = memoryview(utf8.data)
        self._decoded: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def get(self, index: int) -> str | None:
        """The text at ``index``, or None for `NOTHING`. What is not UTF-8 is replaced, not refused."""
        if index == NOTHING:
            return None
        text = self._decoded.get(index)
        if text is None:
            text = self._decoded[index] = self._decode(index)
        return text

    def _decode(self, index: int) -> str:
        start = int(self._ends[index - 1]) if index else 0
        data = self._utf8[start : int(self._ends[index])]
        try:
            return str(data, "utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return str(data, "utf-8", "replace")

    def find(self, text: str) -> int | None:
        """Index of ``text``, or None. Looks at every text of the same length."""
        wanted = text.encode("utf-8", "surrogatepass")
        lengths = np.diff(self._ends.astype(np.int64), prepend=0)
        for index in np.flatnonzero(lengths == len(wanted)).tolist():
            end = int(self._ends[index])
            if self._utf8[end - len(wanted) : end] == wanted:
                return int(index)
        return None
