"""A socket whose `close()` was called, and that waits for the files that `makefile()` made of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import common_target
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.wording import fds_text, local_of, plural, target
from pyhandles.findings.openings import opened_at
from pyhandles.findings.verdicts.case import case
from pyhandles.findings.verdicts.owners import Closing, closing
from pyhandles.findings.verdicts.texts import text_of
from pyhandles.format import OwnerFlag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot

_ADVICE = (
    "close what makefile() made, too, as in `with sock.makefile() as file:`; `sock.shutdown(socket.SHUT_RDWR)` before "
    "close() ends the connection in any case"
)


@dataclass(frozen=True, slots=True)
class WaitsForFiles:
    """closing: how many files, and which of them the snapshot has. owner: type of the socket."""

    fd: int
    owner: str
    closing: Closing


def makefiles(snapshot: Snapshot) -> list[Lingering]:
    """Those that lead to the same, held in the same way, are one."""
    alike: defaultdict[object, list[WaitsForFiles]] = defaultdict(list)
    for owner in snapshot.owners:
        if owner.flags & OwnerFlag.CLOSING and owner.fd in snapshot.derive(Claims).descriptors:
            found = closing(case(snapshot, [owner.object]))
            if found:
                waits = WaitsForFiles(owner.fd, snapshot.type_name(owner.object), found)
                holders = tuple(file.holder for file in found.objects)
                alike[common_target(target(snapshot, owner.fd)), holders].append(waits)
    return [_told(snapshot, waiting) for waiting in alike.values()]


def _told(snapshot: Snapshot, waiting: Sequence[WaitsForFiles]) -> Lingering:
    first, fds = waiting[0], tuple(each.fd for each in waiting)
    files = sum(each.closing.files for each in waiting)
    text = text_of(first.closing)
    if len(waiting) > 1:
        text = (
            f"close() was called on {plural(len(waiting), 'socket')}, {fds_text(fds)}, and waits for "
            f"{plural(files, 'makefile() object')} to be closed, too; of fd {first.fd}, {text.rpartition(': ')[2]}"
        )
    else:
        text = f"fd {first.fd}: {text}"
    return Lingering(
        kind="makefile",
        fds=fds,
        count=len(waiting),
        target=target(snapshot, first.fd),
        address=local_of(snapshot, first.fd),
        text=text,
        site=opened_at(snapshot, first.fd),
        proof=first,
        evidence=(
            f"the {first.owner} that owns fd {first.fd} counts {plural(first.closing.files, 'makefile() object')}",
            *(
                f"{file.object.text} at {file.object.address:#x}, held by {file.holder or 'nothing that is known'}"
                for file in first.closing.objects
            ),
        ),
        advice=_ADVICE,
    )
