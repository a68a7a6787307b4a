from __future__ import annotations

from pyhandles.findings.summary import summary
from pyhandles.format import OwnerFlag
from tests.heap import Heap


def test_what_was_captured():
    heap = Heap()
    heap.header["limits"] = {"open": 3, "soft": 64, "hard": -1, "met": "descriptors of the process"}
    heap.socket(3)
    heap.socket(4)
    heap.file(5)
    heap.file(6, flags=OwnerFlag.BORROWED)
    heap.socket(-1, flags=OwnerFlag.CLOSED)
    heap.socket(99)
    heap.tcp(3)
    heap.tcp(4)
    heap.descriptor(5, "/srv/app.log", mode=0o100644)

    answer = summary(heap.snapshot())

    assert (answer.trigger, answer.errno, answer.pid, answer.argv) == ("emfile", "EMFILE", 4242, ("app.py",))
    assert (answer.open, answer.soft_limit, answer.hard_limit) == (3, 64, None)
    assert answer.limit_met == "descriptors of the process"
    assert answer.kinds == {"socket": 2, "file": 1}
    assert answer.owners == {"socket.socket": 2, "_io.FileIO": 1}
    assert list(answer.kinds) == ["socket", "file"]
    assert (answer.gc.enabled, answer.gc.thresholds, answer.gc.collecting) == (True, (700, 10, 10), False)
    assert answer.objects == heap.snapshot().n_objects


def test_what_was_left_out_or_not_there():
    heap = Heap()
    heap.header["process"]["argv"] = None
    heap.header["errno"] = None

    answer = summary(heap.snapshot())

    assert (answer.argv, answer.errno, answer.kinds) == ((), None, {})
