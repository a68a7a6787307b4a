"""`closed`: what a child has that was closed here, or got by accident."""

from __future__ import annotations

import pytest

from tests.findings.lingering import (
    CHILD,
    CLIENT,
    ITSELF,
    SERVER,
    STRANGER,
    healthy,
    one,
    told,
)
from tests.heap import Heap
from tests.surroundings import LISTEN


class TestChild:
    def closed_here(self) -> Heap:
        """A listening socket that no descriptor here leads to, and one of a child does."""
        heap = healthy()
        heap.kernel_socket("tcp", "127.0.0.1:4000", state=LISTEN, inode=1007)
        heap.process(CHILD, parent=ITSELF, name="cat", command="/bin/cat")
        heap.elsewhere(CHILD, 5, inode=1007, same=-1)
        return heap

    def test_a_socket_that_a_child_has_where_a_bind_failed(self):
        heap = self.closed_here()
        heap.failed_call("bind", 4, "127.0.0.1:4000")

        finding = one(heap)

        assert (finding.kind, finding.fd, finding.fds, finding.pid) == ("child", None, (), CHILD)
        assert finding.target == "tcp 127.0.0.1:4000 LISTEN"
        assert "closed here, but process 4711 (/bin/cat), a child, running since 22:11:40, has it" in finding.text
        assert [(holder.pid, holder.fd) for holder in finding.proof.holders] == [(CHILD, 5)]
        assert all(word in finding.advice for word in ("close_fds=True", "pass_fds", "set_inheritable(False)"))

    def test_a_socket_that_was_closed_here_and_a_child_has(self):
        heap = self.closed_here()
        heap.thread("MainThread", native=1)
        heap.event("socket", fd=7, opened=True)
        heap.event("bind", fd=7, detail="127.0.0.1:4000")
        heap.event("close", fd=7, closed=True, stack=heap.stack(heap.site("app.py", "stop", 30)))

        finding = one(heap)

        assert (finding.pid, finding.thread, finding.site) == (CHILD, "MainThread", "app.py:30 in stop")
        assert finding.proof.closed.site == "app.py:30 in stop"

    def test_a_socket_that_was_made_for_a_child_is_as_it_should_be(self):
        heap = self.closed_here()
        bind = heap.site("/usr/lib/python3.12/multiprocessing/forkserver.py", "ForkServer.ensure_running", 120)
        close = heap.site("/usr/lib/python3.12/socket.py", "socket._real_close", 501, standard=True)
        heap.event("socket", fd=7, opened=True)
        heap.event("bind", fd=7, detail="127.0.0.1:4000", stack=heap.stack(bind))
        heap.event("close", fd=7, closed=True, stack=heap.stack(close, bind))

        assert told(heap) == []
        assert [each.proof.handed_over for each in told(heap, all=True)] == [True]

    def test_a_connection_that_was_closed_here_is_known_by_its_peer(self):
        heap = healthy()
        heap.kernel_socket("tcp", SERVER, CLIENT, inode=1008)
        heap.process(CHILD, parent=ITSELF, command="/bin/cat")
        heap.elsewhere(CHILD, 6, inode=1008)
        heap.event("accept", fd=7, other=3, opened=True, detail=CLIENT)
        heap.event("close", fd=7, closed=True)

        assert one(heap).target == f"tcp {SERVER} → {CLIENT} ESTABLISHED"

    def test_where_it_was_started_if_that_is_known(self):
        heap = self.closed_here()
        heap.failed_call("bind", 4, "127.0.0.1:4000")
        heap.event("fork", result=CHILD, stack=heap.stack(heap.site("app.py", "start_helper", 20)))

        assert one(heap).site == "app.py:20 in start_helper"

    def test_what_a_child_opened_for_itself_is_not_told(self):
        assert told(self.closed_here(), all=True) == []

    def test_nor_what_a_stranger_has_there(self):
        heap = healthy()
        heap.kernel_socket("tcp", "127.0.0.1:80", state=LISTEN, inode=1007)
        heap.process(STRANGER, command="nginx")
        heap.elsewhere(STRANGER, 5, inode=1007)
        heap.failed_call("bind", 4, "127.0.0.1:80")

        assert told(heap) == []

    def inherited(self, command: str, *, cloexec: int = 0, number: int = 7, kind: str = "tcp") -> Heap:
        """fd 7 is open here, and in a child that runs this."""
        heap = healthy()
        heap.module("pool", SOCK=heap.socket(7) if kind == "tcp" else heap.file(7))
        if kind == "tcp":
            heap.tcp(7, inode=1007, cloexec=cloexec)
        else:
            heap.descriptor(7, "pipe:[1007]", mode=0o010600, inode=1007, cloexec=cloexec, flags=0)
        heap.open_file(7)
        heap.process(CHILD, parent=ITSELF, command=command)
        heap.elsewhere(CHILD, number, inode=1007, same=7)
        return heap

    def test_an_inheritable_descriptor_that_another_program_got_is_told(self):
        finding = one(self.inherited("sleep 100"))

        assert (finding.kind, finding.fds, finding.pid) == ("child", (7,), CHILD)
        assert "once closed here, it stays open there" in finding.text

    def test_what_was_given_to_this_process_by_its_own_parent_is_as_it_should_be(self):
        heap = self.inherited("sleep 100")
        row = heap._rows["descriptors"][-1]
        heap._rows["descriptors"][-1] = (*row[:-1], 1)

        assert told(heap) == []

    def test_what_a_forked_worker_has_is_as_it_should_be(self):
        heap = self.inherited("python3 app.py")

        assert told(heap) == []
        assert [(each.kind, each.ordinary) for each in told(heap, all=True)] == [("child", True)]

    def test_what_was_passed_on_purpose_is_as_it_should_be(self):
        heap = self.inherited("python3 -c 'from multiprocessing.spawn import spawn_main'", cloexec=1)

        assert told(heap) == []

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_a_pipe_that_is_a_childs_standard_stream_is_not_told(self, number: int):
        assert told(self.inherited("sort", number=number, kind="pipe"), all=True) == []

    def test_what_many_workers_have_is_one(self):
        heap = healthy()
        for fd in range(10, 30):
            heap.tcp(fd, inode=2000 + fd)
            heap.open_file(fd)
        for pid in range(5000, 5008):
            heap.process(pid, parent=ITSELF, command="python3 app.py")
            for fd in range(10, 30):
                heap.elsewhere(pid, fd, inode=2000 + fd, same=fd)

        [finding] = told(heap, all=True)

        assert (finding.count, len(finding.fds)) == (20, 20)
        assert "8 processes" in finding.text
