"""Who holds an address: all that hold it, and what could not be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.addresses import endpoint
from pyhandles.findings.descriptors import tcp_state
from pyhandles.findings.failed_call import FailedCall, failed_call, failed_descriptor
from pyhandles.findings.processes import unseen_note
from pyhandles.findings.who.bound import TCP, UNIX, Bound, sockets_at
from pyhandles.findings.who.here import handles
from pyhandles.findings.who.kernel import LEFT_OVER, leftovers
from pyhandles.findings.who.orphans import orphan
from pyhandles.findings.who.others import processes
from pyhandles.findings.who.wanted import Wanted, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.findings.who.holder import Holder, Where
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor

_ORDER: Sequence[Where] = ("handle", "orphan", "process", "kernel")
_MOST = 8
"""So many connections are told of where nothing but connections holds the address."""

_REASONS: Mapping[str, str] = {
    "EADDRNOTAVAIL": "no interface of this machine has that address, or no port is left: bind one that it has",
    "EACCES": "a port below 1024 wants CAP_NET_BIND_SERVICE, a Unix socket a directory that may be written to",
    "ECONNREFUSED": "nobody listens there: start the server first, or try again later",
}
_STALE_FILE = (
    "a snapshot knows nothing of the file system, and bind() fails for as long as there is a file of this name, if "
    "only one that a server has left behind: unlink it before bind(), if connect() to it is refused"
)
_GONE = "it may have let go since, or be a socket that is bound and does not listen, of which some kernels tell nothing"


@dataclass(frozen=True, slots=True)
class Who:
    """The answer to ``who``.

    address: as it was asked for. failed: the call that the snapshot was made for, where that was about this address.
    more: connections with the address that are left out, as what listens there is told, or because they are many.
    note: what else there is to say where nothing holds it. unseen: what could not be seen; None where all was.
    """

    address: str
    failed: FailedCall | None
    holders: tuple[Holder, ...]
    more: int
    note: str | None
    unseen: str | None


def who(snapshot: Snapshot, address: str | None = None) -> Who:
    """Say what holds the address; without one, that of the call whose error the snapshot was made for.

    Raises: BadAddress.
    """
    asked = wanted(snapshot, address)
    failed = failed_call(snapshot)
    is_about_it = failed is not None and asked.matches(failed.address)
    holders: list[Holder] = []
    more = 0
    for found in _in_the_way(snapshot, asked, of_failed=address is None):
        told, left_out = _told(found)
        holders += _holders(snapshot, told, asked)
        more += left_out
    return Who(
        address=asked.text,
        failed=failed if is_about_it else None,
        holders=tuple(holders),
        more=more,
        note=None if holders else _note(asked, failed if is_about_it else None),
        unseen=unseen_note(snapshot),
    )


def _in_the_way(snapshot: Snapshot, asked: Wanted, *, of_failed: bool) -> list[list[Bound]]:
    """Those in the way of the socket that failed, but not itself, and then others: a port of UDP's is none of TCP's."""
    failed = failed_descriptor(snapshot)
    found = sockets_at(snapshot, asked)
    if failed is None:
        return [found]
    found = [each for each in found if failed.fd not in each.fds]
    alike = [each for each in found if _is_alike(each, failed)]
    return [alike] if of_failed else [alike, [each for each in found if each not in alike]]


def _is_alike(bound: Bound, failed: Descriptor) -> bool:
    if failed.family == UNIX:
        return bound.family == UNIX
    return bound.family != UNIX and bound.protocol == failed.protocol


def _told(found: Sequence[Bound]) -> tuple[list[Bound], int]:
    """Connections say nothing where what they came to is told; and how many are left out."""
    told = {each.protocol_text for each in found if not each.is_connection}
    connections = [each for each in found if each.is_connection]
    alone = [each for each in connections if each.protocol_text not in told and not _waits_to_be_accepted(each)]
    open_ones = [each for each in alone if each.inode]
    shown = [each for each in alone if not each.inode or each in open_ones[:_MOST]]
    return [*(each for each in found if not each.is_connection), *shown], len(connections) - len(shown)


def _waits_to_be_accepted(bound: Bound) -> bool:
    return bound.protocol == TCP and not bound.inode and not bound.fds and tcp_state(bound.state) not in LEFT_OVER


def _holders(snapshot: Snapshot, found: Sequence[Bound], asked: Wanted) -> list[Holder]:
    holders = [holder for bound in found if bound.inode or bound.fds for holder in _of(snapshot, bound, asked)]
    holders += leftovers([bound for bound in found if not bound.inode and not bound.fds], asked)
    return sorted(holders, key=lambda holder: _ORDER.index(holder.where))


def _of(snapshot: Snapshot, bound: Bound, asked: Wanted) -> list[Holder]:
    found = [*handles(snapshot, bound, asked), *processes(snapshot, bound, asked)]
    return found or [orphan(snapshot, bound, asked)]


def _note(asked: Wanted, failed: FailedCall | None) -> str | None:
    if asked.is_path:
        return _STALE_FILE
    if failed is not None and failed.errno and failed.errno in _REASONS:
        return _REASONS[failed.errno]
    is_port = asked.port is not None or any(endpoint(address) for address in asked.addresses)
    return _GONE if is_port else None
