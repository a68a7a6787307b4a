"""`closed`: bytes that the peer has not taken."""

from __future__ import annotations

import pytest

from tests.findings.lingering import (
    CLIENT,
    FIN_WAIT1,
    SERVER,
    ZERO_WINDOW,
    healthy,
    one,
    told,
)
from tests.heap import Heap


class TestUnsent:
    def test_what_the_peer_does_not_take_is_told(self):
        heap = healthy()
        for port in (50_001, 50_002):
            heap.kernel_socket(
                *("tcp", SERVER, "10.0.0.7:80"), state=FIN_WAIT1, unsent=port, timer=ZERO_WINDOW, expires=5000
            )

        finding = one(heap)

        assert (finding.kind, finding.count, finding.fds, finding.address) == ("unsent", 2, (), SERVER)
        assert "100,003 bytes that the peer has not taken yet: the peer takes nothing at present" in finding.text

    def test_what_is_on_its_way_is_as_it_should_be(self):
        heap = healthy()
        heap.kernel_socket("tcp", SERVER, CLIENT, state=FIN_WAIT1, unsent=512, timer=1, expires=210)

        assert told(heap) == []
        assert [each.kind for each in told(heap, all=True)] == ["unsent"]

    def test_what_is_of_another_program_is_not_told(self):
        heap = healthy()
        heap.kernel_socket("tcp", "127.0.0.1:9", CLIENT, state=FIN_WAIT1, unsent=512, timer=ZERO_WINDOW)

        assert told(heap, all=True) == []

    def open_one(self, *, state: int, linger: int, unsent: int = 512) -> Heap:
        heap = healthy()
        heap.module("pool", SOCK=heap.socket(7))
        heap.tcp(7, local=SERVER, peer=CLIENT, state=state, inode=1007)
        heap.open_file(7, unsent=unsent, linger=linger)
        return heap

    @pytest.mark.parametrize(("linger", "words"), [(-1, "goes on sending"), (0, "throws them away"), (5, "up to 5 s")])
    def test_an_open_one_that_is_shut_down_with_data_unsent(self, linger: int, words: str):
        finding = one(self.open_one(state=FIN_WAIT1, linger=linger))

        assert (finding.kind, finding.fd) == ("unsent", 7)
        assert words in finding.text

    def test_only_the_end_or_what_is_on_its_way_is_as_it_should_be(self):
        end, way = self.open_one(state=FIN_WAIT1, linger=-1, unsent=1), self.open_one(state=FIN_WAIT1, linger=-1)
        way.kernel_socket("tcp", SERVER, CLIENT, inode=1007, state=FIN_WAIT1, unsent=512, timer=1, expires=210)

        assert told(end, all=True) == []
        assert [each.ordinary for each in told(way, all=True)] == [True]

    def test_those_on_their_way_do_not_hide_one_that_is_stuck(self):
        heap = self.open_one(state=FIN_WAIT1, linger=-1)
        heap.tcp(8, local=SERVER, peer=CLIENT, state=FIN_WAIT1, inode=1008)
        heap.open_file(8, unsent=900)
        heap.kernel_socket("tcp", SERVER, CLIENT, inode=1007, state=FIN_WAIT1, unsent=512, timer=1, expires=210)
        heap.kernel_socket("tcp", SERVER, CLIENT, inode=1008, state=FIN_WAIT1, unsent=900, timer=ZERO_WINDOW)

        assert one(heap).fds == (8,)

    def test_one_that_lingers_and_is_in_use_is_as_it_should_be(self):
        heap = self.open_one(state=1, linger=5)

        assert told(heap) == []
        assert "SO_LINGER is on" in told(heap, all=True)[0].text
