"""Memory: maps of files, which keep a descriptor of their own, and shared memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields, Rule

LIBRARY = frozenset({"multiprocessing.shared_memory.SharedMemory"})

FIELDS: Fields = {
    ("multiprocessing.shared_memory.SharedMemory", "_mmap"): fixed(
        "map of a multiprocessing SharedMemory", "shm.close(), and shm.unlink() once in all processes"
    ),
    ("multiprocessing.shared_memory.SharedMemory", "_fd"): fixed(
        "file of a multiprocessing SharedMemory", "shm.close(), and shm.unlink() once in all processes"
    ),
}

TYPES: dict[str, Rule] = {
    "mmap.mmap": fixed("memory map, with a descriptor of its own", "map.close(): closing the file leaves it open")
}
