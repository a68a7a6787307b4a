"""The heap that the benchmarks share: a service that has grown to a million tracked objects.

python benchmarks/heap.py        says how large it is
"""

from __future__ import annotations

import gc
import itertools
import resource
import socket

TRACKED = 1_000_000
SOCKETS = 500
RESIDENT_BYTES = 250_000_000


class Record:
    """One of very many: a name, a list of tags, and the record that it belongs to."""

    def __init__(self, name: str, tags: list[object], parent: Record | None) -> None:
        self.name = name
        self.tags = tags
        self.parent = parent


class Connection:
    """Holds a socket."""

    def __init__(self) -> None:
        self.sock, self.peer = socket.socketpair()


def build(tracked: int = TRACKED, sockets: int = SOCKETS, resident_bytes: int = RESIDENT_BYTES) -> list[object]:
    """Make so many tracked objects, with 2.8 references each as `tp_traverse` reports them, and so many sockets.

    Half of the objects are records (four references each: type, name, tags, parent), half their lists of tags (one
    reference, or none); one list holds all the records. Names are as long as it takes to make the process so large.
    The collector is on again when this returns, and has seen everything.
    """
    allow_descriptors(sockets + 100)
    gc.disable()
    pairs = tracked // 2
    padding = "." * max(0, (resident_bytes - 30_000_000) // pairs - 230)
    tags: itertools.cycle[list[object]] = itertools.cycle([["red"], ["blue"], [], ["green"], []])
    records: list[Record] = []
    for number in range(pairs):
        parent = records[number // 2] if records else None
        records.append(Record(f"record {number} {padding}", next(tags).copy(), parent))
    connections = [Connection() for _ in range(sockets // 2)]
    gc.enable()
    gc.collect()
    return [records, connections]


def allow_descriptors(number: int) -> None:
    """Raise the soft limit so that so many descriptors fit, as far as the hard limit goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))


def resident() -> int:
    """Resident memory of this process, in bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def main() -> None:
    heap = build()
    size = resident()
    objects = gc.get_objects()
    references = sum(len(gc.get_referents(each)) for each in objects)
    print(f"{len(objects):,} tracked objects, {references:,} references, {size / 1e6:.0f} MB resident")
    del heap


if __name__ == "__main__":
    main()
