"""What is said of an other end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyhandles.findings.processes import process_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import HeldElsewhere

Where = Literal["here", "process", "kernel", "gone", "remote", "unseen"]

_MOST = 3


@dataclass(frozen=True, slots=True)
class End:
    """The other end of a descriptor.

    where: ``here``, in this process; ``process``, another one; ``kernel``, a socket that no process has: it waits to be
        accepted, or was closed and is not gone; ``gone``, nobody has it; ``remote``, across the network; ``unseen``.
    fds: those of this process that lead to it. pid, fd: of the first other process that has it, and its descriptor;
        None where there is none, or where only the process is known.
    text: ``fd 8 of this process``, ``fd 3 of process 4711 (sleep 100), a child``, ``nobody: …``.
    """

    where: Where
    text: str
    fds: tuple[int, ...] = ()
    pid: int | None = None
    fd: int | None = None


def held_end(
    snapshot: Snapshot, fds: Sequence[int], rows: Sequence[HeldElsewhere] = (), *, remark: str = ""
) -> End | None:
    """An end that these descriptors of ours, and those of other processes, lead to; None without any."""
    if not fds and not rows:
        return None
    texts = [f"{numbers(fds)} of this process"] if fds else []
    texts += [f"fd {row.fd} of {process_text(snapshot, row.pid, full=row is rows[0])}" for row in rows[:_MOST]]
    more = len(rows) - _MOST
    texts += [f"{more:,} more"] if more > 0 else []
    return End(
        where="here" if fds else "process",
        text=" and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts) + remark,
        fds=tuple(fds),
        pid=rows[0].pid if rows else None,
        fd=rows[0].fd if rows else None,
    )


def numbers(fds: Sequence[int]) -> str:
    """``fd 8``, ``fds 8, 9 and 10``, ``fds 8, 9, 10 and 57 more``."""
    if len(fds) == 1:
        return f"fd {fds[0]}"
    shown = [str(fd) for fd in fds[:_MOST]]
    last = f"{len(fds) - _MOST:,} more" if len(fds) > _MOST else shown.pop()
    return f"fds {', '.join(shown)} and {last}"
