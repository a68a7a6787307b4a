"""What a thread waits for: the call of the kernel's that it is in, on which file, and for how long."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyhandles.findings.claims import Claims
from pyhandles.findings.describe import call_site
from pyhandles.findings.descriptors import target_of
from pyhandles.findings.ends import other_end
from pyhandles.findings.reaching import Call, Reach, Reaching, reaching
from pyhandles.findings.recorded import thread_text
from pyhandles.findings.registrations import events_text, registrations
from pyhandles.findings.standard import StandardLibrary
from pyhandles.findings.wait_texts import EPOLLS, POLLS, wait_text
from pyhandles.format import NOTHING, FrameKind, WaitState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.findings.registrations import Registration
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Wait
    from pyhandles.snapshot.records import Frame

State = Literal["unseen", "call", "running"]


@dataclass(frozen=True, slots=True)
class Watched:
    """A number that is waited for beside others. target: what stands there now; None where it is closed.

    reaches: as below; of what an epoll set watches, whether what was registered is what stands at the number.
    """

    fd: int
    target: str | None
    events: str
    reaches: Reach
    evidence: str


@dataclass(frozen=True, slots=True)
class ThreadWait:
    """What a thread was doing when all stood still.

    thread: its name, its number where it has none. place: ``read() at app.py:62``, where in the user's code; None where
    it runs no Python. state: ``call``, ``running`` or ``unseen``. call: ``recvfrom``, None where it is in none.
    fd: as it was given to the call. target: what stands at that number NOW, whatever the call is on; None where it is
    closed. reaches: whether the call is on that (``now``), on what was closed since (``closed``) or that is not certain
    (``unknown``), and by which evidence; both None where the call has no descriptor. other: a second one, of splice.
    asleep: nanoseconds for which it had not run: so long at least it is in the call. at_most: nanoseconds since its
    last recorded call ended: no longer than that. None where not known. watching: what was given to poll or select, or
    what the epoll set watches in which it waits. end: the other end of what stands at the number, or at the only one.
    """

    native: int
    thread: str
    place: str | None
    state: State
    call: str | None
    fd: int | None
    target: str | None
    reaches: Reach | None
    evidence: str | None
    other: int | None
    asleep: int | None
    at_most: int | None
    watching: tuple[Watched, ...]
    end: str | None = None

    @property
    def text(self) -> str:
        """``waits in recvfrom() on fd 5 (udp 127.0.0.1:3001) for at least 12 s``."""
        return wait_text(self)

    @property
    def is_on_closed(self) -> bool:
        """Whether the call itself goes on with something that was closed meanwhile."""
        polled = self.watching if self.call in POLLS else ()
        return self.reaches == "closed" or any(each.reaches == "closed" for each in polled)


def wait_of(snapshot: Snapshot, native: int | None) -> ThreadWait | None:
    """What the thread with this number of the kernel's was doing; None where the kernel did not tell of it."""
    return snapshot.derive(_by_thread).get(native or 0)


def thread_waits(snapshot: Snapshot) -> tuple[ThreadWait, ...]:
    """Of every thread of the process, those that run no Python among them, in the order of the file."""
    return tuple(snapshot.derive(_by_thread).values())


def waiting_on(snapshot: Snapshot, fd: int) -> tuple[ThreadWait, ...]:
    """Threads that wait on what stands at this number now, be it in a set; those, too, of which it is not certain."""
    return tuple(
        wait
        for wait in thread_waits(snapshot)
        if (wait.fd == fd and wait.reaches != "closed")
        or any(each.fd == fd and each.reaches != "closed" for each in wait.watching)
    )


def calls_on_closed(snapshot: Snapshot) -> tuple[ThreadWait, ...]:
    """Threads still inside a call on what was closed meanwhile: the kernel keeps it until that call returns."""
    return tuple(wait for wait in thread_waits(snapshot) if wait.is_on_closed)


def unseen_waits(snapshot: Snapshot) -> str | None:
    """What the kernel did not tell of what threads wait for, and why; None where it told all."""
    if snapshot.header.kernel is None:
        return "what the threads wait for is not known: the kernel was not asked"
    unseen = snapshot.header.kernel["waits"]
    return None if unseen is None else f"not all of what the threads wait for was to be seen: {unseen}"


def _by_thread(snapshot: Snapshot) -> Mapping[int, ThreadWait]:
    threads = _Threads(snapshot)
    return {wait.native: threads.wait(wait) for wait in snapshot.waits}


class _Threads:
    """What is known of threads by the kernel's number."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._descriptors = snapshot.derive(Claims).descriptors
        self._moment = int(snapshot.header.moment * 10**9)
        self._frames: dict[int, list[Frame]] = defaultdict(list)
        for frame in snapshot.frames:
            if frame.kind == FrameKind.RUNNING and frame.thread != NOTHING:
                self._frames[snapshot.threads[frame.thread].native].append(frame)
        self._last: dict[int, int] = {}
        for event in snapshot.events:
            self._last[event.thread] = max(event.time + event.duration, self._last.get(event.thread, 0))
        self._polled: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for watch in snapshot.watches:
            if watch.set < 0:
                self._polled[watch.native].append((watch.fd, watch.events))

    def wait(self, wait: Wait) -> ThreadWait:
        native = wait.native
        frames = sorted(self._frames.get(native, ()), key=lambda frame: frame.depth)
        last = self._last.get(native, 0)
        reach = self._reach(wait, wait.fd, frames, is_alone=True) if wait.call and wait.fd >= 0 else None
        is_lost = wait.call in EPOLLS and reach is not None and reach.reach == "closed"
        watching = () if is_lost else self._watching(wait, frames)
        return ThreadWait(
            native=native,
            thread=thread_text(self._snapshot, native) or str(native),
            place=self._place(frames),
            state=_STATES[WaitState(wait.state)],
            call=wait.call,
            fd=wait.fd if wait.fd >= 0 else None,
            target=self._target(wait.fd),
            reaches=reach.reach if reach else None,
            evidence=reach.evidence if reach else None,
            other=wait.other if wait.other >= 0 else None,
            asleep=wait.asleep if wait.asleep >= 0 else None,
            at_most=max(self._moment - last, 0) if last and wait.state == WaitState.CALL else None,
            watching=watching,
            end=self._end(wait, reach, watching),
        )

    def _end(self, wait: Wait, reach: Reaching | None, watching: Sequence[Watched]) -> str | None:
        """Not of what is far away, which the target tells, nor where nothing is to be seen of it."""
        fds = [each.fd for each in watching if each.reaches != "closed"] if wait.call in POLLS else [wait.fd]
        end = other_end(self._snapshot, fds[0]) if len(fds) == 1 else None
        if end is None or end.where in {"remote", "unseen"} or (reach and reach.reach == "closed"):
            return None
        return end.text

    def _watching(self, wait: Wait, frames: Sequence[Frame]) -> tuple[Watched, ...]:
        if wait.call in EPOLLS:
            return tuple(map(_registered, registrations(self._snapshot).get(wait.fd, ())))
        polled = self._polled.get(wait.native, []) if wait.call in POLLS else []
        reaches = [self._reach(wait, fd, frames, is_alone=len(polled) == 1) for fd, _ in polled]
        return tuple(
            Watched(fd, self._target(fd), events_text(events), reach.reach, reach.evidence)
            for (fd, events), reach in zip(polled, reaches, strict=True)
        )

    def _reach(self, wait: Wait, fd: int, frames: Sequence[Frame], *, is_alone: bool) -> Reaching:
        call = Call(
            native=wait.native,
            name=wait.call or "?",
            fd=fd,
            alone=is_alone,
            asleep=wait.asleep,
            frame=frames[0] if frames else None,
            last=self._last.get(wait.native, 0),
        )
        return reaching(self._snapshot, call)

    def _target(self, fd: int) -> str | None:
        descriptor = self._descriptors.get(fd)
        return None if descriptor is None else target_of(descriptor)

    def _place(self, frames: Sequence[Frame]) -> str | None:
        """Of the innermost frame outside the standard library; where all are inside, of the innermost."""
        standard = self._snapshot.derive(StandardLibrary)
        users = (frame for frame in frames if not standard.runs(frame.object))
        frame = next(users, frames[0] if frames else None)
        return None if frame is None else call_site(self._snapshot, frame)


def _registered(of: Registration) -> Watched:
    if of.state == "ok":
        return Watched(of.fd, of.target, of.events, "now", f"what was registered stands at fd {of.fd}")
    evidence = f"it was registered for {of.registered or 'what is closed there'}"
    return Watched(of.fd, of.target, of.events, "closed", evidence)


_STATES: Mapping[WaitState, State] = {
    WaitState.UNSEEN: "unseen",
    WaitState.CALL: "call",
    WaitState.RUNNING: "running",
}
