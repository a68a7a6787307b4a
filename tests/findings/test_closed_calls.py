"""`closed`: a thread that is in a call on what was closed."""

from __future__ import annotations

from pyhandles.findings.why import why
from pyhandles.format import OwnerFlag
from tests.findings.lingering import (
    CLIENT,
    FIN_WAIT1,
    SERVER,
    STRANGER,
    healthy,
    one,
    told,
)
from tests.heap import Heap
from tests.recording import SECOND
from tests.surroundings import LISTEN


class TestCall:
    def blocked(self, *, call: str = "recvfrom", fd: int = 5, asleep: float | None = 2.5) -> Heap:
        """A thread is in a call on a number that is not open any more."""
        heap = healthy()
        heap.thread("receiver-0", native=17)
        heap.frame("receive", file="udp.py", line=44, thread="receiver-0")
        heap.wait(17, call, fd=fd, asleep=asleep)
        return heap

    def test_the_thread_the_call_the_line_and_the_socket_are_told(self):
        heap = self.blocked()
        heap.kernel_socket("udp", "127.0.0.1:4000", inode=1007, state=7)

        finding = one(heap)

        assert (finding.kind, finding.fd, finding.thread) == ("call", None, "receiver-0")
        assert finding.site == "udp.py:44 in receive"
        assert finding.target == "udp 127.0.0.1:4000"
        assert finding.address == "127.0.0.1:4000"
        assert finding.text == (
            "thread receiver-0 is still in recvfrom() at udp.py:44 in receive for at least 2.5 s, on what was fd 5 "
            "and has been closed: the kernel keeps udp 127.0.0.1:4000 until that call returns"
        )
        assert "shutdown" in finding.advice

    def test_who_closed_it_is_told_if_it_was_recorded(self):
        heap = self.blocked(asleep=5.0)
        heap.thread("MainThread", native=1)
        now = 1_700_000_000 * SECOND
        for seconds, line in ((100, 10), (3, 50), (1, 60)):
            closing = heap.stack(heap.site("app.py", "reload", line))
            heap.event("close", fd=5, closed=True, time=now - seconds * SECOND, stack=closing)

        assert one(heap).proof.closed.site == "app.py:50 in reload"
        assert any("app.py:50 in reload" in text for text in one(heap).evidence)

    def test_of_several_sockets_it_is_the_one_at_the_numbers_address(self):
        heap = self.blocked()
        for port in (4000, 4001):
            heap.kernel_socket("udp", f"127.0.0.1:{port}", inode=port, state=7)
        heap.event("socket", fd=5, opened=True)
        heap.event("bind", fd=5, detail="127.0.0.1:4001")
        heap.event("close", fd=5, closed=True)

        assert one(heap).target == "udp 127.0.0.1:4001"

    def test_also_where_the_number_was_closed_again_since_and_the_call_is_older_than_is_known(self):
        heap = self.blocked()
        for port in (4000, 4001):
            heap.kernel_socket("udp", f"127.0.0.1:{port}", inode=port, state=7)
        heap.event("socket", fd=5, opened=True)
        heap.event("bind", fd=5, detail="127.0.0.1:4001")
        heap.event("close", fd=5, closed=True)
        heap.event("open", fd=5, opened=True)
        heap.event("close", fd=5, closed=True)

        assert one(heap).target == "udp 127.0.0.1:4001"

    def test_or_the_one_where_a_bind_failed(self):
        heap = self.blocked()
        for port in (4000, 4001):
            heap.kernel_socket("udp", f"127.0.0.1:{port}", inode=port, state=7)
        heap.failed_call("bind", 6, "127.0.0.1:4000")

        assert one(heap).address == "127.0.0.1:4000"

    def test_who_polls_has_a_timeout_already(self):
        heap = self.blocked()
        heap.wait(17, "poll", watching=[5], asleep=2.5)
        heap.kernel_socket("tcp", SERVER, CLIENT, inode=1007)

        assert "give the call a shorter timeout" in one(heap).advice
        assert "give the call a timeout" in one(self.blocked()).advice

    def test_or_it_is_not_certain(self):
        heap = self.blocked()
        for port in (4000, 4001):
            heap.kernel_socket("udp", f"127.0.0.1:{port}", inode=port, state=7)

        finding = one(heap)

        assert (finding.address, finding.target) == (None, "was fd 5")
        assert "it may be one of these" in finding.evidence[-1]

    def test_of_two_calls_it_is_not_certain_whose_the_only_socket_is(self):
        heap = self.blocked()
        heap.wait(18, "recvfrom", fd=6, asleep=1.0)
        heap.kernel_socket("udp", "127.0.0.1:4000", inode=1007, state=7)

        assert [each.address for each in told(heap)] == [None, None]

    def test_a_socket_that_another_process_has_is_not_it(self):
        heap = self.blocked()
        heap.kernel_socket("udp", "127.0.0.1:4000", inode=1007, state=7)
        heap.process(STRANGER)
        heap.elsewhere(STRANGER, 3, inode=1007)

        assert one(heap).address is None

    def test_nor_is_another_users_where_not_all_processes_could_be_seen(self):
        heap = self.blocked()
        heap.kernel_socket("udp", "127.0.0.1:4000", inode=1007, state=7, uid=0)
        heap.kernel_socket("udp", "127.0.0.1:4001", inode=1008, state=7)
        heap.ask_kernel(hidden=3)

        assert one(heap).address == "127.0.0.1:4001"

    def test_accept_is_on_a_listening_socket(self):
        heap = self.blocked(call="accept4")
        heap.kernel_socket("tcp", "127.0.0.1:4000", state=LISTEN, inode=1007)
        heap.kernel_socket("udp", "127.0.0.1:4001", state=7, inode=1008)

        assert one(heap).target == "tcp 127.0.0.1:4000 LISTEN"

    def test_the_verdict_on_the_object_that_is_closed_and_still_called(self):
        heap = healthy()
        sock = heap.socket(-1, flags=OwnerFlag.CLOSED)
        heap.thread("receiver-0", native=17)
        heap.frame("receive", thread="receiver-0", sock=sock)
        heap.wait(17, "recvfrom", fd=5, asleep=2.5)
        told = why(heap.snapshot(), [sock])

        assert (told.verdict.kind, told.verdict.evidence.sort) == ("closing", "call")
        assert "in recvfrom()" in told.verdict.text

    def test_what_stands_at_the_number_by_now_is_not_blamed(self):
        heap = self.blocked(asleep=60.0)
        heap.module("receiver", SOCK=heap.socket(5))
        heap.tcp(5, peer="", local="127.0.0.1:5000", state=LISTEN, listening=1)
        heap.open_file(5)
        snapshot = heap.snapshot()
        [owner] = [each.object for each in snapshot.owners if each.fd == 5]

        finding = one(heap)

        assert finding.fds == ()
        assert any("another file by now" in text for text in finding.evidence)
        assert why(snapshot, [owner], fd=5).verdict.kind == "rooted"

    def test_a_thread_that_waits_on_what_is_open_is_not_told(self):
        heap = healthy()
        heap.wait(17, "accept4", fd=3, asleep=9.0)
        heap.wait(18, "futex", asleep=9.0)
        heap.wait(19, "poll", watching=[3])

        assert told(heap, all=True) == []

    def test_a_close_that_lingers(self):
        heap = self.blocked(call="close")
        heap.kernel_socket("tcp", SERVER, CLIENT, state=FIN_WAIT1, inode=1007, unsent=900)

        finding = one(heap)

        assert finding.target == f"tcp {SERVER} → {CLIENT} FIN_WAIT1"
        assert "SO_LINGER" in finding.advice

    def test_a_close_that_is_just_under_way_is_nothing_to_tell_of(self):
        assert told(self.blocked(call="close", asleep=0.001)) == []
