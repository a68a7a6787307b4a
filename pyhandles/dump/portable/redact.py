"""What ``--redact`` makes of the names of files and of addresses: their form, with a hash for each part."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from typing import TYPE_CHECKING

from pyhandles.dump.portable.keys import LONGEST_HASHED

if TYPE_CHECKING:
    from pyhandles.dump.portable.descriptors import Descriptor

_DELETED = " (deleted)"
"""As the kernel marks the name of a file that has none any more."""
_MEMFD = "memfd:"
_ANYWHERE = ("0.0.0.0:", "[::]:")


class Redaction:
    """Of one snapshot: equal parts have equal hashes in it, and no guess can be checked by them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def descriptor(self, row: Descriptor) -> Descriptor:
        """The row with no text of the program's."""
        local, peer = self._address(row, row.local), self._address(row, row.peer)
        return row._replace(link=self._link(row), local=local, peer=peer)

    def path(self, path: str) -> str:
        """``/~5d41402a/~9c0e11b7 (deleted)``."""
        stem = path.removesuffix(_DELETED)
        return "/".join(self._part(part) for part in stem.split("/")) + path[len(stem) :]

    def _part(self, part: str) -> str:
        name = part.removeprefix(_MEMFD)
        return part[: len(part) - len(name)] + (self._hash(name) if name or part else "")

    def _link(self, row: Descriptor) -> str:
        start = row.link.find("/")
        if start < 0 or stat.S_ISCHR(row.mode) or stat.S_ISBLK(row.mode):
            return row.link
        return row.link[:start] + self.path(row.link[start:])

    def _address(self, row: Descriptor, address: str) -> str:
        if row.family == socket.AF_UNIX:
            name = address.removeprefix("@")
            return address[: len(address) - len(name)] + self.path(name)
        if row.family in {socket.AF_INET, socket.AF_INET6, socket.AF_VSOCK}:
            return self._host(address)
        return address

    def _host(self, address: str) -> str:
        host, colon, port = address.rpartition(":")
        if not colon or address.startswith(_ANYWHERE):
            return address
        hashed = f"[{self._hash(host[1:-1])}]" if host.startswith("[") else self._hash(host)
        return f"{hashed}:{port}"

    def _hash(self, text: str) -> str:
        digest = hashlib.blake2s(os.fsencode(text)[:LONGEST_HASHED], key=self._secret, digest_size=4)
        return f"~{digest.hexdigest()}"
