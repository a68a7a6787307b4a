"""What is waited for in sets: by epolls, and by threads in poll and select; and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of, target_of
from pyhandles.findings.ends.around import Around
from pyhandles.findings.ends.end import held_end
from pyhandles.findings.handles import handle_of_descriptor
from pyhandles.findings.pages import Page, page
from pyhandles.findings.registrations import Registration, registrations
from pyhandles.findings.roles import role_of
from pyhandles.findings.selectors import numbers_in_selector
from pyhandles.findings.wait_texts import EPOLLS, POLLS, numbers_text
from pyhandles.findings.waits import calls_on_closed, thread_waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyhandles.findings.waits import ThreadWait, Watched
    from pyhandles.snapshot import Snapshot

ADVICE = (
    "unregister a descriptor before it is closed: the kernel forgets a registration only when nobody has the file open "
    "any more, and what gets the number next is not registered"
)


@dataclass(frozen=True, slots=True)
class Polled:
    """A number that is watched.

    target: what stands there now, None where it is closed. events: in words, None where only the heap tells of it.
    state: ``ok``; ``closed``, the number is; ``stale``, it leads to another file by now than was registered, or was
    given to the call. registered: what was, ``socket:[1007]``, where that is not what stands there. role: of what does.
    """

    fd: int
    target: str | None
    events: str | None
    state: str
    registered: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class PollSet:
    """An epoll set, or a thread in poll or select.

    set: its lowest descriptor, None of a thread. also: other descriptors of the same set. owner, address, holder, role:
    of the Python object that has it. threads: who waits in it, by name. watched: by number. selector_only: numbers that
    the selector around it has and the kernel's set has not; kernel_only: the other way round. Both are empty where not
    both are known. text: what it is and who waits. problems: a sentence each. advice: what to change, or None.
    """

    set: int | None
    also: tuple[int, ...]
    owner: str | None
    address: int | None
    holder: str | None
    role: str | None
    threads: tuple[str, ...]
    watched: tuple[Polled, ...]
    selector_only: tuple[int, ...]
    kernel_only: tuple[int, ...]
    text: str
    problems: tuple[str, ...]
    advice: str | None


def polls(snapshot: Snapshot, fd: int | None = None, *, limit: int | None = None, offset: int = 0) -> Page[PollSet]:
    """Every epoll set by number, then every thread in poll or select. fd: that set, or those that watch this number."""
    sets = snapshot.derive(_sets)
    found: list[int | ThreadWait] = [
        each for each in sets if fd is None or fd in {each, *sets[each], *_numbers(snapshot, each)}
    ]
    found += [
        wait
        for wait in thread_waits(snapshot)
        if wait.call in POLLS and wait.watching and (fd is None or any(each.fd == fd for each in wait.watching))
    ]

    def make(each: int | ThreadWait) -> PollSet:
        return _epoll(snapshot, each, sets[each]) if isinstance(each, int) else _thread(snapshot, each)

    empty = "nothing waits in a set" if fd is None else f"fd {fd} is no epoll set, and none watches it"
    return page(found, make, limit=limit, offset=offset, empty=empty, note=_unseen(snapshot))


def _numbers(snapshot: Snapshot, set_: int) -> Iterable[int]:
    """What the set watches; where the kernel was not asked, what the selector around it has."""
    if snapshot.header.kernel is None:
        return _selector_of(snapshot, (set_, *snapshot.derive(_sets)[set_])) or ()
    return (each.fd for each in registrations(snapshot).get(set_, ()))


def _selector_of(snapshot: Snapshot, fds: Iterable[int]) -> frozenset[int] | None:
    claims = snapshot.derive(Claims)
    believed = (numbers_in_selector(snapshot, owner.object) for fd in fds for owner in claims.owners(fd))
    return next((numbers for numbers in believed if numbers is not None), None)


def _unseen(snapshot: Snapshot) -> str:
    kernel = snapshot.header.kernel
    if kernel is None:
        return "the kernel was not asked what is watched: this is what Python's selectors believe"
    reasons = dict.fromkeys(kernel[what] for what in ("files", "waits") if kernel[what] is not None)
    return f"not all was to be seen: {'; '.join(reasons)}" if reasons else ""


def _sets(snapshot: Snapshot) -> dict[int, tuple[int, ...]]:
    """Each set by its lowest descriptor, with its other ones."""
    descriptors = snapshot.derive(Claims).descriptors
    epolls = {fd for fd, descriptor in descriptors.items() if kind_of(descriptor) == "epoll"}
    lowest = {file.fd: file.same for file in snapshot.files if file.fd in epolls and file.same in epolls}
    sets: dict[int, list[int]] = {}
    for fd in sorted(epolls):
        sets.setdefault(lowest.get(fd, fd), []).append(fd)
    return {fd: tuple(each for each in fds if each != fd) for fd, fds in sorted(sets.items())}


def _epoll(snapshot: Snapshot, fd: int, also: tuple[int, ...]) -> PollSet:
    handles = [handle_of_descriptor(snapshot, each) for each in (fd, *also)]
    handle = next((each for each in handles if each.owners), handles[0])
    kernel = registrations(snapshot).get(fd, ())
    selector = _selector_of(snapshot, (fd, *also))
    if snapshot.header.kernel is None:
        watched = tuple(_believed(snapshot, each) for each in sorted(selector or ()))
    else:
        watched = tuple(_registered(snapshot, each) for each in kernel)
    selector_only, kernel_only = _differences(snapshot, kernel, selector)
    problems = [_problem(snapshot, each) for each in kernel if each.state != "ok"]
    problems += _difference_texts(snapshot, selector_only, kernel_only)
    waits = [wait for wait in thread_waits(snapshot) if wait.call in EPOLLS and wait.fd in {fd, *also}]
    threads = tuple(wait.thread for wait in waits if wait.reaches != "closed")
    who = f"thread{'s' * (len(threads) > 1)} {', '.join(threads)}" if threads else "no thread"
    return PollSet(
        set=fd,
        also=also,
        owner=handle.owner,
        address=handle.address,
        holder=handle.holder,
        role=handle.role,
        threads=threads,
        watched=watched,
        selector_only=selector_only,
        kernel_only=kernel_only,
        text=f"epoll fd {fd} watches {len(watched):,} number{'s' * (len(watched) != 1)}; {who} waits in it",
        problems=tuple(problems),
        advice=ADVICE if problems else None,
    )


def _thread(snapshot: Snapshot, wait: ThreadWait) -> PollSet:
    return PollSet(
        set=None,
        also=(),
        owner=None,
        address=None,
        holder=None,
        role=None,
        threads=(wait.thread,),
        watched=tuple(_given(snapshot, each) for each in wait.watching),
        selector_only=(),
        kernel_only=(),
        text=f"thread {wait.thread} {wait.text}",
        problems=(),
        advice=None,
    )


def _registered(snapshot: Snapshot, of: Registration) -> Polled:
    return Polled(of.fd, of.target, of.events, of.state, of.registered, _role(snapshot, of.fd, of.target))


def _given(snapshot: Snapshot, of: Watched) -> Polled:
    state = "ok" if of.reaches != "closed" else "closed" if of.target is None else "stale"
    return Polled(of.fd, of.target, of.events, state, None, _role(snapshot, of.fd, of.target))


def _believed(snapshot: Snapshot, fd: int) -> Polled:
    descriptor = snapshot.derive(Claims).descriptors.get(fd)
    target = None if descriptor is None else target_of(descriptor)
    return Polled(fd, target, None, "ok" if descriptor else "closed", None, _role(snapshot, fd, target))


def _role(snapshot: Snapshot, fd: int, target: str | None) -> str | None:
    owners = [owner.object for owner in snapshot.derive(Claims).owners(fd)]
    role = None if target is None else role_of(snapshot, fd, owners)
    return None if role is None else role.text


def _problem(snapshot: Snapshot, of: Registration) -> str:
    """Of a number that does not lead to what was registered: where that is open, or it would not be registered."""
    now = f"is {of.target} by now" if of.state == "stale" else "is closed"
    name = _name(snapshot, of)
    what = f"what was registered, {name}," if name else "what was registered"
    around = snapshot.derive(Around)
    inode = of.inode
    end = held_end(snapshot, around.ours(inode), around.theirs(inode))
    inside = [f"thread {wait.thread}, still in {wait.call}()" for wait in calls_on_closed(snapshot) if wait.fd == of.fd]
    where = end.text if end else ", ".join(inside) or "where is not to be seen"
    return f"fd {of.fd} {now}, but {what} is still open ({where}), so its events still arrive"


def _name(snapshot: Snapshot, of: Registration) -> str | None:
    """What was registered, by its address where that is known."""
    around = snapshot.derive(Around)
    ours = around.ours(of.inode)
    if of.registered and ours and around.descriptors[ours[0]].link == of.registered:
        return target_of(around.descriptors[ours[0]])
    return of.registered


def _differences(
    snapshot: Snapshot, kernel: Sequence[Registration], selector: frozenset[int] | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the selector has and the kernel has not, and the other way round; nothing where not both were to be seen.

    Of a set the kernel told all or nothing.
    """
    if selector is None or snapshot.header.kernel is None:
        return (), ()
    if not kernel and snapshot.header.kernel["files"] is not None:
        return (), ()
    numbers = {each.fd for each in kernel}
    return tuple(sorted(selector - numbers)), tuple(sorted(numbers - selector))


def _difference_texts(
    snapshot: Snapshot, selector_only: tuple[int, ...], kernel_only: tuple[int, ...]
) -> Iterable[str]:
    if selector_only:
        descriptors = snapshot.derive(Claims).descriptors
        again = [fd for fd in selector_only if fd in descriptors]
        reused = f"; {numbers_text(again)} {'is' if len(again) == 1 else 'are'} open again, and not watched"
        yield (
            f"the selector has {numbers_text(selector_only)}, which the kernel dropped when the file was closed"
            f"{reused if again else ''}"
        )
    if kernel_only:
        yield f"the kernel watches {numbers_text(kernel_only)}, of which the selector knows nothing"
