"""The address that is asked for, as people write it, and which sockets' addresses are in its way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.errors import BadAddress
from pyhandles.findings.addresses import collide, endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot

_PORT_ALONE = re.compile(r"(?:\*?:)?([0-9]{1,5})")
_LOCALHOST = re.compile(r"localhost:([0-9]{1,5})", re.IGNORECASE)
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Wanted:
    """text: as it is shown. addresses: each of them is asked for, as the kernel writes it; port: any with this one."""

    text: str
    addresses: tuple[str, ...] = ()
    port: int | None = None

    @property
    def is_path(self) -> bool:
        """Whether it is a file in which a Unix socket lies."""
        return any(not address.startswith("@") and endpoint(address) is None for address in self.addresses)

    def matches(self, local: str | None) -> bool:
        """Whether a socket with this local address is in its way."""
        if self.port is not None:
            found = endpoint(local)
            return found is not None and found.port == self.port
        return any(collide(address, local) for address in self.addresses)

    def is_exact(self, local: str | None) -> bool:
        """Whether that is the very address, and none that only takes it in."""
        return self.port is not None or local in self.addresses


def wanted(snapshot: Snapshot, text: str | None) -> Wanted:
    """The address of this text; without one, that of the call that failed. Raises BadAddress."""
    if text is None:
        failed = snapshot.header.failed_call
        if failed is None or not failed["address"]:
            why = "the call that failed has no address that is known" if snapshot.header.errno else "no call had failed"
            raise BadAddress(f"{why}: say which address is asked for")
        return Wanted(failed["address"], (failed["address"],))
    text = text.strip()
    return _port_alone(text) or _localhost(text) or _full(text, _unix_names(snapshot))


def _port_alone(text: str) -> Wanted | None:
    found = _PORT_ALONE.fullmatch(text)
    return Wanted(f"port {_checked(text, found[1])}", port=int(found[1])) if found else None


def _localhost(text: str) -> Wanted | None:
    found = _LOCALHOST.fullmatch(text)
    if found is None:
        return None
    port = _checked(text, found[1])
    return Wanted(f"localhost:{port}", (f"127.0.0.1:{port}", f"[::1]:{port}"))


def _full(text: str, names: Sequence[str]) -> Wanted:
    found = endpoint(text)
    if found is not None:
        _checked(text, str(found.port))
        return Wanted(text, (text,))
    if text.startswith(("@", "~")) or "/" in text or text in names:
        return Wanted(text, (text,))
    hint = "A host's name means nothing here: give its number." if ":" in text else None
    raise BadAddress(f"{text!r} is no address of a socket", hint)


def _checked(text: str, port: str) -> int:
    if not 0 < int(port) <= _HIGHEST_PORT:
        raise BadAddress(f"{text!r}: there is no port {port}")
    return int(port)


def _unix_names(snapshot: Snapshot) -> Sequence[str]:
    """A socket may be bound to a name without a slash, in what was the current directory then."""
    rows = [*snapshot.descriptors, *snapshot.sockets]
    return [row.local for row in rows if row.local and endpoint(row.local) is None]
