"""What a thread does, in a sentence: ``waits in recvfrom() on fd 5 (udp 127.0.0.1:3001) for at least 12 s``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.moments import span_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyhandles.findings.waits import ThreadWait, Watched

POLLS = frozenset({"poll", "ppoll", "select", "pselect6", "_newselect"})
EPOLLS = frozenset({"epoll_wait", "epoll_pwait", "epoll_pwait2"})
_LOCKS = frozenset({"futex", "futex_wait", "futex_waitv"})
_WITHOUT_FD = {
    **dict.fromkeys(_LOCKS, "waits for a lock ({call})"),
    **dict.fromkeys(("nanosleep", "clock_nanosleep"), "sleeps"),
    **dict.fromkeys(("wait4", "waitid", "waitpid"), "waits for a child process ({call})"),
    **dict.fromkeys(("pause", "rt_sigtimedwait", "rt_sigsuspend"), "waits for a signal ({call})"),
}
_SHOWN = 4
_TURN = 10**7
"""Nanoseconds: who waits for its turn to run Python asks for it this often, and sleeps no longer."""
_ALIKE = 10
"""Times are one time where they differ by no more than one part in so many."""


def wait_text(wait: ThreadWait) -> str:
    """What it does, for how long, and on what that is; see `ThreadWait` for what is known of each."""
    if wait.state != "call":
        return "runs" if wait.state == "running" else "what it does was not to be seen"
    if wait.reaches == "closed":
        return _on_closed(wait, f"fd {wait.fd}", wait.evidence, wait.target)
    lost = [each for each in wait.watching if each.reaches == "closed"]
    if lost and wait.call in POLLS:
        first = lost[0]
        others = [each for each in wait.watching if each is not first]
        beside = f"; it polls {watched_text(others)} as well" if others else ""
        return _on_closed(wait, f"fd {first.fd}", first.evidence, first.target) + beside
    end = f"; other end: {wait.end}" if wait.end else ""
    doubt = f"; not certain: {wait.evidence}" if wait.reaches == "unknown" else ""
    time = "" if wait.call in EPOLLS else _time(wait)
    return f"{_what(wait)}{time}{end}{doubt}"


def waits_text(waits: Sequence[ThreadWait]) -> str:
    """What several threads do that are in the same call: their descriptors in a row, their times from the least on."""
    texts = {wait_text(wait) for wait in waits}
    if len(texts) == 1:
        return texts.pop()
    first = waits[0]
    fds = sorted({wait.fd for wait in waits if wait.fd is not None})
    if first.reaches == "closed":
        where = f"what was {numbers_text(fds)} and was closed meanwhile"
        time = _aside(_times(waits))
        return f"is still in {first.call}(){time} on {where}: the kernel keeps it until the call returns"
    if first.call in POLLS:
        watched = sorted({each.fd for wait in waits for each in wait.watching})
        return f"polls {numbers_text(watched)}{_times(waits)}" if watched else f"waits in {first.call}(){_times(waits)}"
    longest = max(waits, key=lambda wait: wait.asleep or 0)
    what = f"waits in {first.call}() on {numbers_text(fds)}" if fds else _what(longest)
    return what + _times(waits)


def numbers_text(fds: Sequence[int]) -> str:
    """``fd 5, 6, 7, 8 and 12 more``."""
    more = len(fds) - _SHOWN
    return f"fd {', '.join(map(str, fds[:_SHOWN]))}" + (f" and {more:,} more" if more > 0 else "")


def watched_text(watched: Sequence[Watched]) -> str:
    """``fd 5 (udp 127.0.0.1:3001) and fd 6 (pipe:[77])``."""
    told = [f"fd {each.fd} ({each.target or 'closed'})" for each in watched[:_SHOWN]]
    more = len(watched) - len(told)
    told += [f"{more:,} more"] if more > 0 else []
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)


def _what(wait: ThreadWait) -> str:
    if wait.call in POLLS and wait.watching:
        return f"polls {watched_text(wait.watching)}"
    if wait.call in _LOCKS and wait.place and wait.asleep is not None and wait.asleep < _TURN:
        return f"waits for a lock, perhaps the interpreter's own ({wait.call})"
    if wait.fd is None:
        return _WITHOUT_FD.get(wait.call or "", "is in {call}()").format(call=wait.call)
    if wait.call in EPOLLS:
        fds = [each.fd for each in wait.watching]
        watches = f"which watches {numbers_text(fds)}" if fds else "which watches nothing"
        return f"waits in {wait.call}() on fd {wait.fd}{_time(wait)}, {watches}"
    return f"waits in {wait.call}() on fd {wait.fd} ({wait.target})"


def _on_closed(wait: ThreadWait, what: str, evidence: str | None, target: str | None) -> str:
    now = f"; {what} is {target} by now" if target else ""
    time = _aside(_time(wait))
    return (
        f"is still in {wait.call}(){time} on what was {what} and was closed meanwhile: the kernel keeps it until the "
        f"call returns ({evidence}{now})"
    )


def time_text(asleep: int | None, at_most: int | None) -> str:
    """It is in the call for as long as it has not run, and not for longer than since its last call that is known."""
    if asleep is None:
        return "" if at_most is None else f" for at most {span_text(at_most)}"
    if at_most is None:
        return f" for at least {span_text(asleep)}"
    if at_most - asleep <= asleep // _ALIKE:
        return f" for {span_text(asleep)}"
    return f" for {span_text(asleep)} to {span_text(at_most)}"


def _time(wait: ThreadWait) -> str:
    return time_text(wait.asleep, wait.at_most)


def _aside(time: str) -> str:
    return f",{time}," if time else ""


def _times(waits: Iterable[ThreadWait]) -> str:
    asleep = sorted(wait.asleep for wait in waits if wait.asleep is not None)
    if not asleep:
        return ""
    least, most = asleep[0], asleep[-1]
    longest = f", the longest for {span_text(most)}" if most - least > least // _ALIKE else ""
    return f" for at least {span_text(least)}{longest}"
