"""The call whose error the snapshot was made for, where it is one that has an address."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor


@dataclass(frozen=True, slots=True)
class FailedCall:
    """call: ``bind``, ``connect`` or ``listen``. errno: its name. text: ``bind() of fd 5 to 10.0.0.7:80 failed: …``."""

    call: str
    fd: int | None
    address: str | None
    errno: str | None
    text: str


def failed_call(snapshot: Snapshot) -> FailedCall | None:
    """None where the snapshot was made for something else, or where the call is not known."""
    failed = snapshot.header.failed_call
    if failed is None:
        return None
    call, fd, address = failed["call"], failed["fd"], failed["address"] or None
    number = snapshot.header.errno
    to = {"listen": " at", "bind": " to"}.get(call, " to")
    return FailedCall(
        call=call,
        fd=fd if fd >= 0 else None,
        address=address,
        errno=errno.errorcode.get(number, str(number)) if number else None,
        text=f"{call}(){f' of fd {fd}' if fd >= 0 else ''}{f'{to} {address}' if address else ''} failed{_why(number)}",
    )


def failed_descriptor(snapshot: Snapshot) -> Descriptor | None:
    """The socket of the call that failed; None where it is not known."""
    failed = snapshot.header.failed_call
    return snapshot.derive(Claims).descriptors.get(failed["fd"]) if failed else None


def _why(number: int | None) -> str:
    if not number:
        return ""
    name = errno.errorcode.get(number)
    return f": {name}, {os.strerror(number)}" if name else f": errno {number}"
