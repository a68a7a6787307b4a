"""In a child process: what came from the parent, and is used by nobody here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.claims import Claims
from pyhandles.findings.describe import code_of
from pyhandles.findings.handles import Handle, handle_of_descriptor
from pyhandles.findings.ledger import STANDARD, class_of
from pyhandles.findings.openings import Openings, opened_at
from pyhandles.findings.pages import Page, page
from pyhandles.findings.processes import held_elsewhere_of, process_text, relation
from pyhandles.findings.waits import waiting_on
from pyhandles.format import LABEL_KIND_SHIFT, NOTHING, FrameKind, LabelKind
from pyhandles.graph.downwards import data_references, reached_from
from pyhandles.graph.rows import rows_of_all

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame

_FORKS = ("multiprocessing/popen_fork.py", "_launch")
"""Where a child of `multiprocessing` begins: the frames outside of it are the parent's."""
_VARIABLES = (LabelKind.LOCAL, LabelKind.CLOSURE, LabelKind.STACK)


@dataclass(frozen=True, slots=True)
class Unused:
    """A descriptor that came from the parent and is used by nobody here. evidence: by what it came from there."""

    handle: Handle
    evidence: str


@dataclass(frozen=True, slots=True)
class FromParent:
    """parent: ``process 4711 (app.py)``. fds: what came from it, 0 to 2 left out. unused: those used by nobody here.

    looked_at: where uses were looked for. unseen: what was not looked at, or says nothing, or was left out.
    """

    parent: str
    fds: tuple[int, ...]
    unused: Page[Unused]
    looked_at: tuple[str, ...]
    unseen: tuple[str, ...]


def from_parent(snapshot: Snapshot, *, limit: int | None = None) -> FromParent | None:
    """What is known to have come from the parent: by its descriptors, by the recorder, or by being open at the start.

    None where nothing is. Used is what a thread waits on, what is in an epoll set, what this process has made a
    recorded call on, and what the local variables of its running frames lead to.
    """
    came = {
        fd: evidence
        for fd in snapshot.derive(Claims).descriptors
        if fd not in STANDARD and (evidence := _evidence(snapshot, fd)) is not None
    }
    if not came:
        return None
    uses = _Uses(snapshot)
    idle = [fd for fd in came if not uses.has(fd)]
    own = {fd for fd in idle if uses.may_be_multiprocessings(fd)}
    return FromParent(
        parent=process_text(snapshot, snapshot.header.process["ppid"]),
        fds=tuple(came),
        unused=page(
            [fd for fd in idle if fd not in own],
            lambda fd: Unused(handle_of_descriptor(snapshot, fd), came[fd]),
            limit=limit,
        ),
        looked_at=tuple(uses.looked_at()),
        unseen=tuple(uses.unseen(len(own))),
    )


def _evidence(snapshot: Snapshot, fd: int) -> str | None:
    opening = snapshot.derive(Openings).of(fd)
    own = snapshot.header.process["pid"]
    if opening is not None:
        return None if opening.pid == own else f"opened by process {opening.pid}{_at(snapshot, fd)}"
    for held in held_elsewhere_of(snapshot, fd):
        if held.is_certain and relation(snapshot, held.pid) == "parent":
            return "the parent has it, too" if held.fd == fd else f"the parent has it as fd {held.fd}"
    is_older = class_of(snapshot, fd) == "inherited"
    return "perhaps: nothing owns it, and it was open when pyhandles was installed" if is_older else None


def _at(snapshot: Snapshot, fd: int) -> str:
    place = opened_at(snapshot, fd)
    return f" at {place}" if place else ""


class _Uses:
    """What this process does with descriptors, as far as can be seen."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._frames, self._is_multiprocessing = _own_frames(snapshot)
        self._reached = _reached_from_variables(snapshot, self._frames)
        self._watched = {(watch.fd, watch.inode) for watch in snapshot.watches if watch.set >= 0}
        threads = {thread.native for thread in snapshot.threads} | {wait.native for wait in snapshot.waits}
        self._called = {
            fd for event in snapshot.events if event.thread in threads for fd in (event.fd, event.other) if fd >= 0
        }
        frames = set(self._frames)
        self._numbers = {
            number.value for number in snapshot.numbers if number.object in frames or self._reached[number.object]
        }

    def has(self, fd: int) -> bool:
        claims = self._snapshot.derive(Claims)
        return (
            fd in self._called
            or fd in self._numbers
            or (fd, claims.descriptors[fd].inode) in self._watched
            or any(self._reached[owner.object] for owner in claims.owners(fd))
            or bool(waiting_on(self._snapshot, fd))
        )

    def may_be_multiprocessings(self, fd: int) -> bool:
        """Each child of a fork has the end of a pipe by which the parent sees it end; nobody keeps its number."""
        link = self._snapshot.derive(Claims).descriptors[fd].link or ""
        return self._is_multiprocessing and link.startswith("pipe:") and class_of(self._snapshot, fd) == "native"

    def looked_at(self) -> list[str]:
        kernel = self._snapshot.header.kernel
        looks = [
            ("what threads wait for", kernel is not None and not kernel["waits"]),
            ("epoll sets", kernel is not None and (bool(self._watched) or not kernel["files"])),
            ("recorded calls", self._snapshot.header.recorder is not None),
            ("local variables of running frames", True),
        ]
        return [what for what, is_seen in looks if is_seen]

    def unseen(self, left_out: int) -> list[str]:
        kernel = self._snapshot.header.kernel
        texts = ["global variables count for nothing: the parent's were copied with it"]
        if kernel is None:
            texts.append("what threads wait for, and epoll sets, were not looked at")
        else:
            texts += [f"what threads wait for: {kernel['waits']}"] if kernel["waits"] else []
            texts += [kernel["files"]] if kernel["files"] else []
        if self._snapshot.header.recorder is None:
            texts.append("reads and writes leave no trace")
        if left_out:
            pipes = "1 pipe" if left_out == 1 else f"{left_out} pipes"
            texts.append(f"{pipes} without an owner left out: multiprocessing has one of its own in each child")
        return texts


def _own_frames(snapshot: Snapshot) -> tuple[list[int], bool]:
    """The running frames but those of modules and those that are known to be the parent's; whether any are."""
    begins: dict[int, int] = {}
    running = [frame for frame in snapshot.frames if frame.kind == FrameKind.RUNNING and frame.thread != NOTHING]
    for frame in running:
        if _is_fork(snapshot, frame):
            begins[frame.thread] = min(frame.depth, begins.get(frame.thread, frame.depth))
    own = [
        frame.object
        for frame in running
        if frame.depth < begins.get(frame.thread, frame.depth + 1) and not _is_module(snapshot, frame)
    ]
    return own, bool(begins)


def _is_fork(snapshot: Snapshot, frame: Frame) -> bool:
    code = code_of(snapshot, frame.code)
    file, name = _FORKS
    return code is not None and code.name == name and (code.file or "").endswith(file)


def _is_module(snapshot: Snapshot, frame: Frame) -> bool:
    code = code_of(snapshot, frame.code)
    return code is not None and code.name == "<module>"


def _reached_from_variables(snapshot: Snapshot, frames: list[int]) -> np.ndarray:
    """Shape (n_objects,), bool."""
    rows, _ = rows_of_all(snapshot.starts, np.array(frames, dtype=np.int64))
    variables = rows[np.isin(snapshot.labels[rows] >> LABEL_KIND_SHIFT, _VARIABLES)]
    return reached_from(snapshot, np.unique(snapshot.targets[variables]).tolist(), data_references(snapshot))
