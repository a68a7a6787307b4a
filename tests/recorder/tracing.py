"""What strace saw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.recorder.deeds import Deed, Sections, Seen, in_sections
from tests.recorder.every_way import MARKS

MAKING = re.findall(
    r"\w+",
    """
    open openat creat openat2 dup dup2 dup3 fcntl socket socketpair accept accept4 pipe pipe2 epoll_create epoll_create1
    eventfd eventfd2 timerfd_create signalfd signalfd4 inotify_init inotify_init1 memfd_create pidfd_open pidfd_getfd
    mq_open open_by_handle_at perf_event_open fanotify_init userfaultfd io_uring_setup fsopen fsmount open_tree ioctl
    """,
)
COMMANDS = (("fcntl", "F_DUPFD"), ("ioctl", "TIOCGPTPEER"))
"""Of these calls only those with this command make a descriptor."""
TRACED = ",".join(f"?{name}" for name in [*MAKING, "close", "close_range", "recvmsg", "recvmmsg", "clone", "clone3"])

LINE = re.compile(
    r"(\d+\.\d+) (\w+)\((.*)\) += (-?\d+)(?:<.*>(?:\(deleted\))?)?(?: (E\w+) \(.*\))?(?: \(flags .*\))?\n?"
)
RECEIVED = re.compile(r"cmsg_type=SCM_RIGHTS, cmsg_data=\[((?:\d+(?:<.*?>)?(?:, )?)*)\]")
PAIR = re.compile(r"\[(\d+)(?:<.*?>)?, (\d+)(?:<.*?>)?\](?:, [\w|]+)?$")
HIGHEST = 2**31 - 1
NUMBER = re.compile(r"-?\d+")


def command(prefix: Path, *traced: str) -> list[str]:
    return ["strace", "-ff", "-y", "-ttt", "-e", f"trace={TRACED}", "-o", str(prefix), *traced]


def seen_by_strace(prefix: Path, pid: int) -> Sections:
    """Of this process and all its threads, by whatever ``command()`` left behind."""
    lines = []
    threads = [pid]
    for thread in threads:
        for line in Path(f"{prefix}.{thread}").read_text(errors="replace").splitlines():
            if parts := LINE.fullmatch(line):
                if "CLONE_THREAD" in parts[3] and int(parts[4]) > 0:
                    threads.append(int(parts[4]))
                lines.append((float(parts[1]), parts))
    lines.sort(key=lambda line: line[0])
    return in_sections((_mark(parts[3]), list(_seen(parts))) for _, parts in lines)


def _mark(arguments: str) -> str | None:
    found = re.search(f'"{MARKS}([^"]*)"', arguments)
    return found[1] if found else None


def _seen(parts: re.Match[str]) -> Iterator[Seen]:
    _, name, arguments, result, error = parts.groups()
    for deed in _deeds(name, arguments, int(result), error):
        yield Seen(deed, parts[0].split(" ", 1)[1])


def _deeds(name: str, arguments: str, result: int, error: str | None) -> Iterator[Deed]:
    if name == "close":
        yield Deed(_number(arguments), error or "closed")
    elif name == "close_range":
        first, last, flags = arguments.split(", ")
        if "CLOEXEC" not in flags and error is None:
            yield Deed(_number(first), f"closed to {min(_number(last), HIGHEST)}")
    elif name.startswith("recvm"):
        for numbers in RECEIVED.findall(arguments):
            yield from (Deed(int(number), "opened") for number in re.findall(r"(?:^|, )(\d+)", numbers))
    elif name in MAKING and all(command in arguments for of, command in COMMANDS if of == name):
        yield from _made(name, arguments, result, error)


def _made(name: str, arguments: str, result: int, error: str | None) -> Iterator[Deed]:
    if error is not None:
        yield Deed(-1, error)
    elif pair := PAIR.search(arguments):
        yield from (Deed(int(number), "opened") for number in pair.groups())
    elif name not in {"dup2", "signalfd", "signalfd4"} or _number(arguments) != result:
        yield Deed(result, "opened")


def _number(arguments: str) -> int:
    found = NUMBER.match(arguments)
    assert found, arguments
    return int(found[0])
