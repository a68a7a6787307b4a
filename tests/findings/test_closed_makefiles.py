"""`closed`: what waits for a makefile()."""

from __future__ import annotations

from pyhandles.findings.why import why
from pyhandles.format import OwnerFlag
from tests.findings.lingering import (
    CLIENT,
    SERVER,
    one,
)
from tests.heap import Heap
from tests.surroundings import CLOSE_WAIT


class TestMakefile:
    def closing(self, heap: Heap, fd: int) -> None:
        """A socket that `close()` was called on, and the file made of it, which a session keeps."""
        socket = heap.socket(fd, flags=OwnerFlag.CLOSING, uses=1)
        raw, reader = heap.object("socket.SocketIO"), heap.object("_io.BufferedReader")
        heap.refer(raw, "._sock", socket)
        heap.refer(reader, "member raw", raw)
        session = heap.instance("app.Session")
        heap.refer(session, ".reader", reader)
        heap.tcp(fd, local=SERVER, peer=CLIENT, state=CLOSE_WAIT)
        self.sessions = [*getattr(self, "sessions", []), session]

    def test_it_is_told_which_file_close_waits_for_and_who_has_it(self):
        heap = Heap()
        self.closing(heap, 7)
        heap.module("app", PAST=heap.list(*self.sessions))

        finding = one(heap)

        assert (finding.kind, finding.fd, finding.address) == ("makefile", 7, SERVER)
        assert "waits for 1 makefile() object" in finding.text
        assert "in Session.reader" in finding.text
        assert finding.proof.closing.files == 1
        assert "close what makefile() made" in finding.advice

    def test_those_that_are_held_alike_are_one(self):
        heap = Heap()
        for fd in (7, 8, 9):
            self.closing(heap, fd)
        heap.module("app", PAST=heap.list(*self.sessions))

        finding = one(heap)

        assert (finding.count, finding.fds) == (3, (7, 8, 9))
        assert "3 sockets, fds 7, 8 and 9" in finding.text

    def test_the_verdict_is_the_same_as_ever_and_said_once(self):
        heap = Heap()
        self.closing(heap, 7)
        heap.module("app", PAST=heap.list(*self.sessions))
        snapshot = heap.snapshot()
        told = why(snapshot, [snapshot.owners[0].object], fd=7)

        assert told.verdict.kind == "closing"
        assert told.verdict.text.startswith("close() was called, and waits for 1 makefile() object to be closed, too")
        assert told.lingering == ()
