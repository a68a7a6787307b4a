"""SQLite: its files, which belong to the library; no Python object has their numbers, so nothing here is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import Role

if TYPE_CHECKING:
    from collections.abc import Collection

CONNECTION = "sqlite3.Connection"

_BESIDE = {"-journal": "rollback journal", "-shm": "index of the write-ahead log", "-wal": "write-ahead log"}
_ENDINGS = (".db", ".db3", ".sqlite", ".sqlite3")
_ADVICE = "connection.close(); `with connection:` ends a transaction only"


def database_role(path: str, others: Collection[str]) -> Role | None:
    """The likely role of a file in a process that has a connection; ``others``: the paths of all that is open."""
    for ending, what in _BESIDE.items():
        if path.endswith(ending) and path.removesuffix(ending) in others:
            return Role(f"likely the {what} of a {CONNECTION}", _ADVICE)
    if path.endswith(_ENDINGS) or any(path + ending in others for ending in _BESIDE):
        return Role(f"likely the database of a {CONNECTION}", _ADVICE)
    return None
