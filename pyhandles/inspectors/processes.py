"""Processes: connections and queues of `multiprocessing`, and the pools made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import Role, fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens
    from pyhandles.inspectors.role import Fields, Rule

WRAPPERS = frozenset({"multiprocessing.connection.SocketListener"})

LIBRARY = frozenset(
    {
        "concurrent.futures.process._SafeQueue",
        "concurrent.futures.process._ThreadWakeup",
        "multiprocessing.connection.Connection",
        "multiprocessing.queues.JoinableQueue",
        "multiprocessing.queues.Queue",
        "multiprocessing.queues.SimpleQueue",
    }
)

_ENDS = {"_reader": "read end", "_writer": "write end"}


def _queue(field: str, kind: str, advice: str) -> Rule:
    def rule(lens: Lens, queue: int) -> Role:
        """A queue of a pool is named as such: the user did not make it."""
        for place in lens.places(queue):
            what = _PARTS.get(place.name)
            if what and lens.is_a(place.source, *_POOLS):
                return Role(f"{_ENDS[field]} of the {what} of a {lens.short_type(place.source)}", _SHUTDOWN[what])
        return Role(f"{_ENDS[field]} of a multiprocessing.{kind}", advice)

    return rule


_POOLS = ("multiprocessing.pool.Pool", "concurrent.futures.process.ProcessPoolExecutor")
_END_POOL = "with Pool(...) as pool: or pool.close() and pool.join()"
_END_EXECUTOR = "with ProcessPoolExecutor(...) as executor: or executor.shutdown()"
_PARTS = {
    "_inqueue": "task queue",
    "_outqueue": "result queue",
    "_change_notifier": "notifier",
    "_call_queue": "call queue",
    "_result_queue": "queue of results",
    "_executor_manager_thread_wakeup": "wakeup pipe",
}
_SHUTDOWN = {
    "task queue": _END_POOL,
    "result queue": _END_POOL,
    "notifier": _END_POOL,
    "call queue": _END_EXECUTOR,
    "queue of results": _END_EXECUTOR,
    "wakeup pipe": _END_EXECUTOR,
}
_CLOSE_QUEUE = "queue.close() and queue.join_thread()"

FIELDS: Fields = {
    ("concurrent.futures.process._ThreadWakeup", "_reader"): _queue("_reader", "Pipe", ""),
    ("concurrent.futures.process._ThreadWakeup", "_writer"): _queue("_writer", "Pipe", ""),
    ("multiprocessing.queues.Queue", "_reader"): _queue("_reader", "Queue", _CLOSE_QUEUE),
    ("multiprocessing.queues.Queue", "_writer"): _queue("_writer", "Queue", _CLOSE_QUEUE),
    ("multiprocessing.queues.SimpleQueue", "_reader"): _queue("_reader", "SimpleQueue", "queue.close()"),
    ("multiprocessing.queues.SimpleQueue", "_writer"): _queue("_writer", "SimpleQueue", "queue.close()"),
    ("multiprocessing.resource_tracker.ResourceTracker", "_fd"): fixed(
        "pipe to multiprocessing's resource tracker", "nothing: multiprocessing needs one"
    ),
    ("multiprocessing.forkserver.ForkServer", "_forkserver_alive_fd"): fixed(
        "pipe to multiprocessing's fork server", "nothing: multiprocessing needs one"
    ),
    ("multiprocessing.connection.Connection", "_handle"): fixed(
        "end of a multiprocessing.Pipe()", "connection.close() in every process that has it"
    ),
    ("multiprocessing.connection.SocketListener", "_socket"): fixed(
        "listening socket of a multiprocessing Listener", "listener.close()"
    ),
}
