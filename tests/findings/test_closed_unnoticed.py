"""`closed`: what the peer has closed, or we have closed by half."""

from __future__ import annotations

from pyhandles.findings.why import why
from tests.findings.lingering import (
    FIN_WAIT2,
    SERVER,
    healthy,
    one,
    told,
)
from tests.heap import Heap
from tests.surroundings import CLOSE_WAIT


class TestUnnoticed:
    def half_closed(self, fds: range = range(7, 8), *, state: int = CLOSE_WAIT, unread: int = 0) -> Heap:
        heap = healthy()
        connections = []
        for fd in fds:
            connection = heap.instance("app.Connection")
            heap.refer(connection, ".sock", heap.socket(fd))
            connections.append(connection)
            heap.tcp(fd, peer="10.0.0.7:5432", local=f"10.0.0.1:{40_000 + fd}", state=state, inode=1000 + fd)
            heap.open_file(fd, unread=unread)
        heap.module("pool", IDLE=heap.list(*connections))
        return heap

    def test_who_has_it_and_that_nobody_looks(self):
        finding = one(self.half_closed(unread=20))

        assert (finding.kind, finding.fd) == ("unnoticed", 7)
        assert finding.text == (
            "the peer 10.0.0.7:5432 closed fd 7, and nothing here has closed it since: "
            "no thread waits for fd 7 and no epoll set watches it, so nobody looks for the end"
        )
        assert "fd 7, held by Connection.sock" in finding.evidence
        assert any("20 bytes are unread" in text for text in finding.evidence)

    def test_a_thousand_to_one_peer_are_one_row(self):
        finding = one(self.half_closed(range(7, 1007)))

        assert (finding.count, len(finding.fds)) == (1000, 1000)
        assert finding.text == (
            "the peer 10.0.0.7:5432 closed 1,000 connections, fds 7, 8, 9, 10, 11, 12 and 994 more, and nothing here "
            "has closed them since: no thread waits for any of them and no epoll set watches one, so nobody looks for "
            "the end"
        )

    def test_those_that_were_accepted_are_one_whoever_the_peer_is(self):
        heap = healthy()
        for fd in range(7, 17):
            heap.tcp(fd, local=SERVER, peer=f"10.0.0.{fd}:5000", state=CLOSE_WAIT)

        finding = one(heap)

        assert finding.count == 10
        assert "10 peers closed 10 connections, fds 7, 8, 9, 10, 11, 12 and 4 more, and nothing here" in finding.text

    def test_an_epoll_set_that_watches_it(self):
        heap = self.half_closed()
        heap.descriptor(4, "anon_inode:[eventpoll]", inode=9)
        heap.epoll_set(4, {7: 1007})

        assert "epoll fd 4 watches fd 7, and its loop has not acted on that" in one(heap).text

    def test_one_that_watches_for_writing_only_does_not_look_for_the_end(self):
        heap = self.half_closed()
        heap.epoll_set(4, {7: 1007}, events=4)

        assert "but not for reading" in one(heap).text

    def test_a_registration_of_what_stood_there_before_is_none_of_it(self):
        heap = self.half_closed()
        heap.epoll_set(4, {7: 555})

        assert "nobody looks for the end" in one(heap).text

    def test_a_thread_that_is_in_a_call_on_it(self):
        heap = self.half_closed()
        heap.thread("writer", native=17)
        heap.wait(17, "sendto", fd=7, asleep=9.0)

        finding = one(heap)

        assert finding.thread == "writer"
        assert "thread writer is in sendto() on fd 7" in finding.text

    def test_without_the_kernels_word_nobody_is_blamed(self):
        heap = self.half_closed()
        heap.ask_kernel(waits="no thread could be seen")

        assert "is not known" in one(heap).text

    def test_one_that_was_shut_down_here_and_that_nobody_reads(self):
        finding = one(self.half_closed(state=FIN_WAIT2))

        assert "fd 7 was shut down here, and the peer 10.0.0.7:5432 has not closed it yet" in finding.text

    def test_one_that_was_shut_down_and_is_read_on_is_as_it_should_be(self):
        heap = self.half_closed(state=FIN_WAIT2)
        heap.wait(17, "recvfrom", fd=7, asleep=0.2)

        assert told(heap) == []

    def test_why_notes_it_without_another_verdict(self):
        snapshot = self.half_closed().snapshot()
        [owner] = [each.object for each in snapshot.owners if each.fd == 7]
        told = why(snapshot, [owner], fd=7)

        assert told.verdict.kind == "rooted"
        assert told.lingering[0].startswith("the peer 10.0.0.7:5432 closed fd 7")
