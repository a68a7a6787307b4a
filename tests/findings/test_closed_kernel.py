"""`closed`: what the kernel alone has still."""

from __future__ import annotations

import pytest

from tests.findings.lingering import (
    CLIENT,
    SERVER,
    healthy,
    one,
    told,
)
from tests.heap import Heap
from tests.surroundings import TIME_WAIT


class TestKernel:
    def waiting(self, count: int = 1) -> Heap:
        heap = healthy()
        for number in range(count):
            heap.kernel_socket(
                "tcp", SERVER, f"127.0.0.1:{40_001 + number}", state=TIME_WAIT, timer=3, expires=41_000 - number
            )
        return heap

    def test_time_wait_is_as_it_should_be(self):
        heap = self.waiting(3)

        assert told(heap) == []
        [finding] = told(heap, all=True)
        assert (finding.kind, finding.count, finding.ordinary) == ("kernel", 3, True)
        assert "3 connections" in finding.text
        assert "the last for 41 s more" in finding.text

    @pytest.mark.parametrize("address", [SERVER, "0.0.0.0:3001"])
    def test_except_where_its_address_was_wanted(self, address: str):
        heap = self.waiting()
        heap.failed_call("bind", 4, address)

        finding = one(heap)

        assert finding.text == (
            f"1 connection of {SERVER} is over, and the kernel alone has it still, in TIME_WAIT for 41 s more; "
            "until then, a bind() there without SO_REUSEADDR is refused"
        )
        assert "SO_REUSEADDR" in finding.advice

    def test_a_connect_that_failed_wanted_no_port(self):
        heap = self.waiting()
        heap.failed_call("connect", 4, SERVER)

        assert told(heap) == []

    def test_what_is_still_to_be_accepted_is_not_over(self):
        heap = healthy()
        heap.kernel_socket("tcp", SERVER, CLIENT)
        heap.kernel_socket("tcp", SERVER, CLIENT, state=3)

        assert told(heap, all=True) == []
