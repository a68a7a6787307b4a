"""`closed`: copies of a descriptor whose original was closed."""

from __future__ import annotations

import pytest

from pyhandles.findings.identify import identify
from pyhandles.findings.show import show
from pyhandles.findings.why import why
from pyhandles.format import OwnerKind
from tests.findings.lingering import (
    healthy,
    one,
    told,
)
from tests.heap import Heap
from tests.surroundings import LISTEN


class TestDuplicate:
    def pair(self) -> Heap:
        """fd 7 of a socket, and fd 9 that is the same open file and nobody's."""
        heap = healthy()
        heap.module("pool", SOCK=heap.socket(7))
        for fd in (7, 9):
            heap.tcp(fd, inode=1007)
            heap.open_file(fd, same=7)
        return heap

    def test_numbers_of_one_open_file_are_told_in_a_group_where_nothing_owns_one(self):
        finding = one(self.pair())

        assert (finding.kind, finding.fds) == ("duplicate", (7, 9))
        assert finding.text == (
            "fd 7 and fd 9 are one open file, and it stays open until both are closed: "
            "fd 7 is held by global SOCK of pool and no object owns fd 9"
        )
        assert [copy.class_ for copy in finding.proof.copies] == ["owned", "native"]

    def test_sockets_are_known_by_their_inode_where_the_kernel_did_not_compare(self):
        heap = healthy()
        heap.module("pool", SOCK=heap.socket(7))
        heap.tcp(7, inode=1007)
        heap.tcp(9, inode=1007)

        assert one(heap).fds == (7, 9)

    def test_files_opened_twice_are_two(self):
        heap = healthy()
        for fd in (7, 9):
            heap.descriptor(fd, "/var/log/app.log", mode=0o100644, inode=50, device=1)
            heap.open_file(fd)

        assert told(heap) == []

    def test_why_says_so_of_the_number_that_nothing_owns_and_notes_it_of_the_other(self):
        snapshot = self.pair().snapshot()
        [owner] = [each.object for each in snapshot.owners if each.fd == 7]

        assert why(snapshot, (), fd=9).verdict.kind == "closing"
        assert why(snapshot, [owner], fd=7).verdict.kind == "rooted"
        assert "one open file" in why(snapshot, [owner], fd=7).lingering[0]
        assert "one open file" in identify(snapshot, [owner], fd=7).lingering[0]
        assert "one open file" in show(snapshot, owner).special["lingering"]
        assert "close every copy" in why(snapshot, [owner], fd=7).advice

    def copied(
        self, *, by: str = "Metrics.watch", then_closed_by: str | None = "Server.stop", call: str = "fcntl"
    ) -> Heap:
        """fd 7 was copied to fd 9, which a live object owns, and then perhaps closed."""
        heap = healthy()
        heap.module("metrics", WATCHED=heap.dict(http=heap.socket(9)))
        heap.tcp(9, peer="", local="127.0.0.1:4000", state=LISTEN, listening=1, inode=1007)
        heap.open_file(9)
        heap.thread("MainThread", native=1)
        copying = heap.stack(heap.site("app.py", by, 12))
        heap.event("socket", fd=7, opened=True)
        heap.event(call, fd=9, other=7, opened=True, stack=copying)
        heap.opening(9, call, stack=copying)
        if then_closed_by:
            heap.event("close", fd=7, closed=True, stack=heap.stack(heap.site("app.py", then_closed_by, 30)))
        return heap

    @pytest.mark.parametrize("call", ["dup", "fcntl", "fcntl64", "dup2"])
    def test_a_copy_whose_original_was_closed_is_told_with_who_made_it_and_who_closed_that(self, call: str):
        finding = one(self.copied(call=call))

        assert (finding.kind, finding.fds, finding.thread) == ("duplicate", (9,), "MainThread")
        assert finding.site == "app.py:12 in Metrics.watch"
        assert finding.text.startswith("fd 7 was closed, but fd 9 is a copy, and it stays open until it is closed, too")
        assert "held by" in finding.text
        assert finding.proof.originals[0].closed.site == "app.py:30 in Server.stop"
        assert any("made of fd 7" in text for text in finding.evidence)

    def test_the_verdict_on_such_a_copy(self):
        snapshot = self.copied().snapshot()
        [owner] = [each.object for each in snapshot.owners if each.fd == 9]
        told = why(snapshot, [owner], fd=9)

        assert (told.verdict.kind, told.verdict.evidence.sort) == ("closing", "duplicate")
        assert told.lingering == ()
        assert told.path

    def test_a_copy_whose_original_is_open_and_in_use_is_nothing_to_tell_of(self):
        heap = self.copied(then_closed_by=None)
        heap.module("pool", SOCK=heap.socket(7))
        heap.tcp(7, peer="", local="127.0.0.1:4000", state=LISTEN, listening=1, inode=1007)

        assert told(heap) == []
        assert [each.kind for each in told(heap, all=True)] == ["duplicate"]

    def test_a_number_that_was_moved_to_another_is_nothing_to_tell_of(self):
        heap = self.copied(by="adopt", then_closed_by="adopt")

        assert told(heap) == []
        assert [each.fds for each in told(heap, all=True)] == [(9,)]

    def test_nor_one_that_only_a_finalizer_has_by_now(self):
        heap = healthy()
        heap.descriptor(9, "pipe:[5]", mode=0o010600, inode=5)
        code = heap.stack(heap.site("/usr/lib/python3.12/multiprocessing/popen_forkserver.py", "_launch", 54))
        heap.event("pipe2", fd=7, other=8, opened=True)
        heap.event("fcntl", fd=9, other=7, opened=True, stack=code)
        heap.opening(9, "fcntl", stack=code)
        heap.event("close", fd=7, closed=True, stack=code)

        assert told(heap) == []

    def test_but_an_objects_own_close_is_no_moving(self):
        heap = self.copied(then_closed_by=None)
        method = heap.site("/usr/lib/python3.12/socket.py", "_real_close", 501, standard=True)
        heap.event("close", fd=7, closed=True, stack=heap.stack(method, heap.site("app.py", "Metrics.watch", 13)))

        assert one(heap).proof.originals[0].closed.site == "app.py:13 in Metrics.watch"

    def test_except_where_its_address_was_wanted(self):
        heap = self.copied(by="adopt", then_closed_by="adopt")
        heap.failed_call("bind", 4, "127.0.0.1:4000")

        assert one(heap).fds == (9,)

    def test_an_earlier_close_of_the_number_was_another_files(self):
        heap = healthy()
        heap.module("metrics", SOCK=heap.socket(9))
        heap.tcp(9)
        heap.event("close", fd=7, closed=True)
        heap.event("dup", fd=9, other=7, opened=True)
        heap.opening(9, "dup")

        assert told(heap) == []

    def test_a_number_that_was_given_out_again_is_no_copy_any_more(self):
        heap = self.copied()
        heap.event("close", fd=9, closed=True)
        heap.event("socket", fd=9, opened=True)
        heap._rows["openings"].clear()
        heap.opening(9, "socket")

        assert told(heap, all=True) == []

    def test_another_thread_in_the_same_function_has_moved_nothing(self):
        heap = self.copied(then_closed_by=None)
        code = heap.stack(heap.site("app.py", "Metrics.watch", 13))
        heap.event("close", fd=7, closed=True, stack=code, thread=2)

        assert one(heap).proof.originals[0].moved is False

    def test_a_close_of_a_range_counts(self):
        heap = self.copied(then_closed_by=None)
        heap.event("close_range", fd=5, other=8, closed=True)

        assert one(heap).proof.originals[0].fd == 7

    def test_a_received_descriptor_says_so(self):
        heap = self.pair()
        heap.event("recvmsg", fd=9, opened=True, received=True)
        heap.opening(9, "recvmsg")

        assert "received by a message" in " ".join(one(heap).evidence)

    def received(self, local: str) -> Heap:
        """fd 9 was received, and fd 7, which was bound to this address, closed."""
        heap = healthy()
        heap.module("worker", SOCK=heap.socket(9))
        heap.tcp(9, peer="", local="127.0.0.1:4000", state=LISTEN, listening=1, inode=1009)
        heap.event("socket", fd=7, opened=True)
        heap.event("bind", fd=7, detail=local)
        heap.event("recvmsg", fd=9, opened=True, received=True)
        heap.opening(9, "recvmsg")
        heap.event("close", fd=7, closed=True)
        return heap

    def test_one_that_the_process_sent_to_itself_and_closed(self):
        assert one(self.received("127.0.0.1:4000")).text.startswith("fd 7 was closed, but fd 9 is a copy")

    def test_one_that_came_from_elsewhere_is_nothing_to_tell_of(self):
        assert told(self.received("127.0.0.1:4001"), all=True) == []

    def test_copies_that_a_mapping_and_a_listing_make_for_themselves_are_not_told(self):
        heap = healthy()
        heap.module("store", FILE=heap.file(7), MAP=heap.object("mmap.mmap", held=1))
        mapping = heap.object("mmap.mmap", held=1)
        heap.own(mapping, 9, OwnerKind.MMAP)
        for fd in (7, 9):
            heap.descriptor(fd, "/srv/data", mode=0o100644, inode=50, device=1)
            heap.open_file(fd, same=7)
        heap.event("dup", fd=9, other=7, opened=True)
        heap.opening(9, "dup")
        heap.event("close", fd=7, closed=True)

        assert told(heap, all=True) == []

    def test_nor_a_redirection_and_what_is_to_undo_it(self):
        heap = healthy()
        heap.module("tests", SAVED=heap.file(9))
        heap.descriptor(9, "/dev/pts/3", mode=0o020620, inode=6, device=24)
        heap.open_file(9, same=9)
        heap.event("dup", fd=9, other=1, opened=True)
        heap.opening(9, "dup")
        heap.event("dup2", fd=1, other=5, opened=True, replaced=True)

        assert told(heap, all=True) == []

    def test_many_that_were_made_alike_are_one(self):
        heap = healthy()
        for fd in range(10, 50):
            heap.tcp(fd, inode=fd // 2)
            heap.open_file(fd, same=fd // 2 * 2)

        finding = one(heap)

        assert (finding.count, len(finding.fds)) == (20, 40)
        assert "so it is with 19 others" in finding.text
