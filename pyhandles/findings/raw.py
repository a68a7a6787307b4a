"""Descriptors that no object owns, and the integers that are likely to stand for them.

A program that calls `os.open` or `os.pipe` keeps a number. That number alone proves nothing; in a place that is called
like a descriptor it is likely to be one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.claims import Claims
from pyhandles.findings.holder import holder_text
from pyhandles.findings.retention import Retention, retention
from pyhandles.findings.roles import keeps_number
from pyhandles.format import LabelKind
from pyhandles.graph.folding import Folding, Reference
from pyhandles.graph.roots import Roots
from pyhandles.inspectors.wrappers import Wrappers
from pyhandles.snapshot.labels import pack_label, read_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.labels import Label

_SAYS_SO = 2

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CERTAIN = re.compile(r"\w*fd|fileno|filedes|descriptor")
_IN_CAPITALS = {"fd", "fileno", "filedes"}
"""Modules are full of constants, ``SOCK_SEQPACKET``, ``P_PIDFD``, ``CAN_RAW_FD_FRAMES``: a name in capitals has to end
in a whole word that says it."""
_POSSIBLE = {"conn", "device", "epoll", "file", "handle", "inotify", "kqueue", "listener", "master", "pipe", "pty"}
_POSSIBLE |= {"reader", "sentinel", "slave", "sock", "socket", "tty", "writer"}
_AMOUNTS = {"count", "len", "limit", "max", "maximum", "min", "minimum", "n", "nfds", "num", "size", "timeout", "total"}

_VARIABLES = {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.LOCAL, LabelKind.GLOBAL}

_KNOWN = 3
"""How likely it is where a library's object is known to keep a descriptor's number."""


def likelihood(name: str, *, of_many: bool = False) -> int:
    """How much a name sounds like that of a descriptor: 2 ``wakeup_fd``, 1 ``sock``, 0 ``max_fd``, ``handled``.

    of_many: of a container of them, ``fds``; an integer that is called so is their number.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if of_many:
        words = [word.removesuffix("s") for word in words]
    if not _AMOUNTS.isdisjoint(words):
        return 0
    if name.isupper():
        return _SAYS_SO if words and words[-1] in _IN_CAPITALS else 0
    if any(_CERTAIN.fullmatch(word) for word in words):
        return _SAYS_SO
    return int(not _POSSIBLE.isdisjoint(words))


@dataclass(frozen=True, slots=True)
class RawHolder:
    """Where the number of a descriptor stands: what the reference leads to is an integer equal to it."""

    fd: int
    reference: Reference

    @property
    def source(self) -> int:
        """The object that has the number."""
        return self.reference.source

    def kept(self, snapshot: Snapshot) -> Retention:
        """How the place is kept alive: the way to its object, and from there to the number."""
        above = retention(snapshot, self.source)
        step = (self.reference,)
        loop = above.loop
        if loop and not loop.down:
            while loop.steps[0].source != self.source:
                loop = replace(loop, steps=(*loop.steps[1:], loop.steps[0]))
        return Retention(
            is_garbage=above.is_garbage,
            path=above.path and replace(above.path, steps=above.path.steps + step),
            loop=loop and replace(loop, down=loop.down + step),
        )

    def text(self, snapshot: Snapshot) -> str:
        """``Connection.fd``, ``global LOCK_FD of app``."""
        return holder_text(snapshot, self.kept(snapshot)) or f"the number {self.fd}"


class RawHolders:
    """The likely holders of descriptors that no object owns. Take it with ``snapshot.derive(RawHolders)``.

    What was open when pyhandles was installed has none: a small integer that equals its number is no evidence.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        claims = snapshot.derive(Claims)
        self._wanted = {
            fd for fd, descriptor in claims.descriptors.items() if descriptor.start != 1 and not claims.owners(fd)
        }
        self._found: dict[int, RawHolder] = {}
        best: dict[int, tuple[bool, int]] = {}
        for fd, how_likely, reference in self._candidates() if self._wanted else ():
            rank = (not snapshot.derive(Roots).is_garbage(reference.source), how_likely)
            if how_likely and rank > best.get(fd, (False, 0)):
                best[fd] = rank
                self._found[fd] = RawHolder(fd, reference)

    def __contains__(self, fd: int) -> bool:
        return fd in self._found

    def get(self, fd: int | None) -> RawHolder | None:
        """The most likely holder of a descriptor's number; None if there is none, or if the descriptor has an owner."""
        return None if fd is None else self._found.get(fd)

    def _candidates(self) -> Iterable[tuple[int, int, Reference]]:
        """Descriptors, how much the name of the place says so, and the place."""
        yield from self._numbers()
        yield from self._keys()

    def _numbers(self) -> Iterable[tuple[int, int, Reference]]:
        for number in self._snapshot.numbers:
            if number.value in self._wanted:
                label = read_label(number.label, self._snapshot.strings)
                rows = self._snapshot.rows_of(number.object)
                is_it = self._snapshot.labels[rows.start : rows.stop] == number.label
                for row in (rows.start + np.flatnonzero(is_it)[:1]).tolist():
                    reference = self._folded(number.object, row)
                    yield number.value, self._likelihood(number.object, reference.source, label), reference

    def _likelihood(self, container: int, index: int, label: Label) -> int:
        """By the name, but of a library's object by what is known of its fields: ``ZipFile._filePassed`` is none.

        Items are called what their container is; variables are not: ``self.conn.profile``.
        """
        name = label.name
        if keeps_number(self._snapshot, index, name):
            return _KNOWN
        if self._snapshot.derive(Wrappers).is_of_library(index):
            return 0
        is_variable = label.kind in _VARIABLES or (label.kind == LabelKind.VALUE_NAME and container != index)
        return likelihood(name) or (0 if is_variable else self._called(container))

    def _keys(self) -> Iterable[tuple[int, int, Reference]]:
        """Keys of dicts: ``watches_by_fd[7]``."""
        packed = {pack_label(LabelKind.KEY_INT, 2 * fd): fd for fd in self._wanted}
        rows = np.flatnonzero(np.isin(self._snapshot.labels, np.array(list(packed), dtype=np.uint32)))
        sources = np.searchsorted(self._snapshot.starts, rows, side="right") - 1
        for source, row in zip(sources.tolist(), rows.tolist(), strict=True):
            fd = packed[int(self._snapshot.labels[row])]
            # Much is numbered from 0 on: files, handles. The name has to say more than that.
            if self._called(source) == _SAYS_SO:
                yield fd, _SAYS_SO, Reference(source, row, int(self._snapshot.targets[row]))

    def _called(self, container: int) -> int:
        """How much the best of a container's names sounds like that of descriptors."""
        names = (self._snapshot.label(step.row).name for step in self._snapshot.derive(Folding).referrers(container))
        return max((likelihood(name, of_many=True) for name in names), default=0)

    def _folded(self, source: int, row: int) -> Reference:
        return next(iter(self._snapshot.derive(Folding).of_row(source, row)))
