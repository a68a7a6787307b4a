"""`inherit`: what children would get, and what a child has got and does not use."""

from __future__ import annotations

import pytest

from pyhandles.findings.handles import handle_list
from pyhandles.findings.inheritance import Inheritance, Way, inheritance
from pyhandles.format import FrameKind
from tests.heap import Heap

PARENT = 1
LISTENER = {"state": 10, "listening": 1, "inode": 1007}


def heap_with(*, inheritable: tuple[int, ...] = (0, 1, 2), others: tuple[int, ...] = ()) -> Heap:
    heap = Heap()
    for fd in inheritable:
        heap.descriptor(fd, f"/srv/{fd}", inode=fd, cloexec=0)
    for fd in others:
        heap.descriptor(fd, f"/srv/{fd}", inode=fd)
    return heap


def ways(heap: Heap) -> dict[str, tuple[int, ...]]:
    return {way.way: way.fds for way in inheritance(heap.snapshot()).ways}


def unused(heap: Heap) -> list[int]:
    found = inheritance(heap.snapshot()).from_parent
    assert found is not None
    return [each.handle.fd for each in found.unused.rows]


def child() -> Heap:
    """A child whose parent has its descriptor 7, a listening socket, too."""
    heap = Heap()
    heap.ask_kernel()
    heap.tcp(7, **LISTENER)
    heap.process(4242, parent=PARENT)
    heap.process(PARENT, parent=0, name="server")
    heap.elsewhere(PARENT, 7, inode=1007)
    return heap


def test_what_each_way_hands_over():
    assert ways(heap_with(inheritable=(0, 1, 2, 5), others=(3, 4))) == {
        "fork": (0, 1, 2, 3, 4, 5),
        "exec": (0, 1, 2, 5),
        "subprocess": (0, 1, 2),
        "subprocess close_fds=False": (0, 1, 2, 5),
        "multiprocessing fork": (0, 1, 2, 3, 4, 5),
        "multiprocessing forkserver": (0, 1, 2),
        "multiprocessing spawn": (0, 1, 2),
    }


def test_a_standard_stream_that_is_closed_or_not_inheritable_is_not_handed_over():
    assert ways(heap_with(inheritable=(0, 2), others=(1,)))["subprocess"] == (0, 2)
    assert ways(heap_with(inheritable=(2,)))["subprocess"] == (2,)


def test_multiprocessing_sends_the_pipes_to_its_helpers():
    heap = heap_with()
    for fd in (6, 7):
        heap.descriptor(fd, f"pipe:[{fd}]", inode=fd)
    tracker = heap.instance("multiprocessing.resource_tracker.ResourceTracker")
    heap.number(tracker, "._fd", 6)
    server = heap.instance("multiprocessing.forkserver.ForkServer")
    heap.number(server, "._forkserver_alive_fd", 7)
    heap.module("multiprocessing", resource_tracker=tracker, forkserver=server)

    found = ways(heap)

    assert found["multiprocessing spawn"] == (0, 1, 2, 6)
    assert found["multiprocessing forkserver"] == (0, 1, 2, 6, 7)
    assert found["subprocess"] == (0, 1, 2)


@pytest.mark.parametrize(
    ("hexversion", "version", "platform", "method", "text"),
    [
        (0x030B07F0, "3.11.7 (main)", "linux", "fork", "the default of Python 3.11 on Linux"),
        (0x030D00F0, "3.13.0", "linux", "fork", "the default of Python 3.13 on Linux"),
        (0x030E00F0, "3.14.0", "linux", "forkserver", "the default of Python 3.14 on Linux"),
        (0x030B07F0, "3.11.7", "darwin", "spawn", "the default of Python 3.11 on macOS"),
    ],
)
def test_the_start_method_is_that_of_this_python(hexversion: int, version: str, platform: str, method: str, text: str):
    heap = Heap()
    heap.header["python"] |= {"hexversion": hexversion, "version": version, "platform": platform}

    chosen = inheritance(heap.snapshot()).start_method

    assert (chosen.method, chosen.text) == (method, text)


def test_the_start_method_that_the_program_has_chosen_comes_first():
    heap = Heap()
    chooser = heap.instance("multiprocessing.context.DefaultContext")
    heap.refer(chooser, "._default_context", heap.instance("multiprocessing.context.ForkContext"))
    heap.refer(chooser, "._actual_context", heap.instance("multiprocessing.context.SpawnContext"))
    heap.module("multiprocessing.context", _default_context=chooser)

    assert inheritance(heap.snapshot()).start_method.method == "spawn"


def test_multiprocessings_own_default_comes_before_what_is_known_of_versions():
    heap = Heap()
    chooser = heap.instance("multiprocessing.context.DefaultContext")
    heap.refer(chooser, "._default_context", heap.instance("multiprocessing.context.ForkServerContext"))
    heap.module("multiprocessing.context", _default_context=chooser)

    assert inheritance(heap.snapshot()).start_method.method == "forkserver"


def test_inheritable_ones_above_2_are_worth_a_look_and_what_another_process_has():
    heap = heap_with(inheritable=(0, 1, 2, 5), others=(3,))
    heap.tcp(7, **LISTENER)
    heap.process(4711, parent=4242, name="cat")
    heap.elsewhere(4711, 9, inode=1007)

    answer = inheritance(heap.snapshot())

    assert [row.handle.fd for row in answer.page.rows] == [5, 7]
    [none, [held]] = [row.elsewhere for row in answer.page.rows]
    assert none == ()
    assert held.startswith("fd 9 of process 4711 (cat), a child")
    assert any("set_inheritable" in text for text in answer.advice)


def test_where_nothing_above_2_is_inheritable_there_is_nothing_to_change():
    answer = inheritance(heap_with(others=(3, 4)).snapshot())

    assert (answer.page.rows, answer.advice, answer.from_parent) == ((), (), None)
    assert "no descriptor above 2 is inheritable" in answer.page.empty


def test_what_could_not_be_seen_is_told():
    heap = heap_with()
    heap.descriptor(5, "/srv/5", cloexec=-1)
    heap.ask_kernel(hidden=3)

    assert inheritance(heap.snapshot()).unseen == (
        "of 1 it is not known whether they are inheritable",
        "not all could be seen: the descriptors of 3 processes",
    )


def test_what_came_from_the_parent_and_is_used_by_nobody():
    heap = child()
    heap.module("app", listener=heap.socket(7))

    answer = inheritance(heap.snapshot())

    assert answer.from_parent is not None
    assert answer.from_parent.parent == "process 1 (server)"
    assert answer.from_parent.fds == (7,)
    [found] = answer.from_parent.unused.rows
    assert (found.handle.fd, found.evidence) == (7, "the parent has it, too")
    assert any("close in the child" in text for text in answer.advice)


def test_what_a_thread_waits_on_is_used():
    heap = child()
    heap.thread("MainThread", native=17)
    heap.wait(17, "accept4", fd=7)
    assert unused(heap) == []


def test_what_is_in_an_epoll_set_is_used_and_a_stale_registration_of_its_number_is_none():
    heap = child()
    heap.epoll_set(4, {7: 1007})
    assert unused(heap) == []

    heap = child()
    heap.epoll_set(4, {7: 999})
    assert unused(heap) == [7]


def test_what_this_process_called_is_used_and_what_the_parent_called_is_not():
    for thread, expected in ((17, []), (5, [7])):
        heap = child()
        heap.thread("MainThread", native=17)
        heap.record()
        heap.event("listen", fd=7, thread=thread)
        assert unused(heap) == expected


def test_what_this_process_opened_did_not_come_from_the_parent():
    heap = child()
    heap.record()
    heap.opening(7, "socket", pid=4242)
    assert inheritance(heap.snapshot()).from_parent is None


def test_what_another_process_opened_came_from_there():
    heap = Heap()
    heap.record()
    heap.tcp(7, **LISTENER)
    heap.opening(7, "socket", pid=77, stack=heap.stack(heap.site("app.py", "serve", 12)))

    found = inheritance(heap.snapshot()).from_parent

    assert found is not None
    assert [each.evidence for each in found.unused.rows] == ["opened by process 77 at app.py:12 in serve"]


def test_what_a_local_variable_leads_to_is_used():
    heap = child()
    worker = heap.instance("app.Worker")
    heap.refer(worker, ".sock", heap.socket(7))
    heap.frame("run", worker=worker)
    assert unused(heap) == []


def test_a_number_in_a_local_variable_is_a_use():
    heap = child()
    frame = heap.frame("run")
    heap.number(frame, "local fd", 7)
    assert unused(heap) == []


def test_a_global_variable_is_no_use_nor_is_a_frame_of_a_module():
    heap = child()
    listener = heap.socket(7)
    heap.module("app", listener=listener)
    heap.frame("<module>", listener=listener)
    assert unused(heap) == [7]


def test_the_frames_of_a_child_of_multiprocessing_end_where_the_parents_begin():
    heap = child()
    heap.frame("main", depth=2, listener=heap.socket(7))
    heap.frame("_launch", file="/usr/lib/python3.12/multiprocessing/popen_fork.py", depth=1)
    heap.frame("work", depth=0)
    assert unused(heap) == [7]


def test_the_pipe_that_multiprocessing_made_for_the_child_is_no_finding():
    heap = child()
    heap.socket(7)
    heap.descriptor(5, "pipe:[77]", inode=77)
    heap.elsewhere(PARENT, 5, inode=77, same=5)
    heap.open_file(5)
    heap.frame("_launch", file="/usr/lib/python3.12/multiprocessing/popen_fork.py", depth=1)
    heap.frame("work", depth=0)

    assert unused(heap) == [7]
    found = inheritance(heap.snapshot()).from_parent
    assert found is not None
    assert "1 pipe without an owner left out" in found.unseen[-1]


def test_a_suspended_generator_that_nobody_runs_is_no_use():
    heap = child()
    heap.generator("stream", kind=FrameKind.COROUTINE, sock=heap.socket(7))
    assert unused(heap) == [7]


def test_what_nobody_could_look_at_is_told():
    heap = child()
    heap.ask_kernel(waits="not permitted")
    found = inheritance(heap.snapshot()).from_parent

    assert found is not None
    assert found.looked_at == ("epoll sets", "local variables of running frames")
    assert "what threads wait for: not permitted" in found.unseen


def test_a_loop_over_all_numbers_is_pointed_to():
    heap = heap_with()
    heap.record()
    site = heap.site("daemon.py", "detach", 7)
    heap.counter("close", site, count=1000, errors={9: 990}, run=(3, 1002), in_children=True)

    [advice] = inheritance(heap.snapshot()).advice

    assert advice.startswith("close storm: ")
    assert "`detach()` at daemon.py:7" in advice
    assert advice.endswith("use `os.closerange` or `close_fds`; see `calls`")


def test_the_list_of_inheritable_handles_has_those_that_exec_hands_over():
    heap = heap_with(inheritable=(0, 5), others=(3,))
    heap.socket(9)

    found = handle_list(heap.snapshot(), inheritable=True)

    assert [row.fd for row in found.page.rows] == [0, 5]
    assert found.stale == 0
    assert handle_list(heap_with(inheritable=(), others=(3,)).snapshot(), inheritable=True).page.empty


def test_a_way_counts_its_descriptors():
    assert Way("fork", (0, 1, 7), "all").count == 3
    assert isinstance(inheritance(Heap().snapshot()), Inheritance)
