"""The part of the heap language that tells what a recorder saw; a `Heap` has these methods.

    get, connect = heap.site("app.py", "get", 88), heap.site("/usr/lib/socket.py", "connect", 31, standard=True)
    opened = heap.stack(connect, get)
    heap.event("socket", fd=7, opened=True, stack=opened)
    heap.event("connect", fd=7, errno=111, detail="10.0.0.7:5432")
    heap.opening(7, "socket", stack=opened)

Each gives its row. Where nothing else is said, the events are a second apart, and each is made by thread 1.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyhandles.format import NOTHING, CounterFlag, EventFlag, MisuseKind, SiteFlag

if TYPE_CHECKING:
    from collections.abc import Mapping

SINCE = 1_699_999_000
SECOND = 1_000_000_000
PID = 4242


class Recording:
    """Of a heap: ``header``, ``_rows`` and ``text``."""

    header: dict[str, object]
    _rows: dict[str, list[tuple[int, ...]]]

    def __init__(self) -> None:
        self._standard: set[int] = set()
        self._generations: Counter[int] = Counter()

    def text(self, text: str | None) -> int:
        raise NotImplementedError

    def record(self, **fields: object) -> None:
        """What the header says of the recorder; without, it says what follows from the rows."""
        default = {"since": float(SINCE), "depth": 16, "misuse": "report", "numbers": 65536, "unseen": 0}
        self.header["recorder"] = default | {"events": len(self._rows["events"])} | fields

    def site(
        self,
        file: str | None,
        function: str | None = None,
        line: int = 0,
        *,
        standard: bool = False,
        native: bool = False,
    ) -> int:
        flags = (SiteFlag.STANDARD if standard else 0) | (SiteFlag.NATIVE if native else 0)
        row = self._add("sites", self.text(file), self.text(function), line, flags)
        if standard:
            self._standard.add(row)
        return row

    def stack(self, *sites: int) -> int:
        """A stack of these sites, innermost first; the one to tell of is the first outside the standard library."""
        self._rows["stack_frames"] += [(site,) for site in sites]
        told = next((site for site in sites if site not in self._standard), sites[0] if sites else NOTHING)
        return self._add("stacks", len(self._rows["stack_frames"]), told)

    def event(
        self,
        call: str,
        *,
        fd: int = -1,
        other: int = -1,
        time: int | None = None,
        duration: int = 1000,
        thread: int = 1,
        result: int | None = None,
        errno: int = 0,
        opened: bool = False,
        closed: bool = False,
        replaced: bool = False,
        widened: bool = False,
        received: bool = False,
        generation: int | None = None,
        stack: int = NOTHING,
        detail: str | None = None,
        sequence: int | None = None,
    ) -> int:
        """time: nanoseconds since 1970. generation: without, as many as there were openings of the number till now."""
        self._generations[fd] += opened
        number = len(self._rows["events"]) + 1
        flags = {
            EventFlag.OPENED: opened,
            EventFlag.CLOSED: closed,
            EventFlag.REPLACED: replaced,
            EventFlag.WIDENED: widened,
            EventFlag.RECEIVED: received,
        }
        if result is None:
            result = -1 if errno else fd if opened else 0
        return self._add(
            "events",
            number if sequence is None else sequence,
            (SINCE + number) * SECOND if time is None else time,
            duration,
            thread,
            self.text(call),
            fd,
            other,
            result,
            errno,
            sum(flag for flag, given in flags.items() if given),
            self._generations[fd] if generation is None else generation,
            stack,
            self.text(detail),
        )

    def opening(
        self,
        fd: int,
        call: str = "open",
        *,
        time: int = SINCE * SECOND,
        thread: int = 1,
        pid: int = PID,
        generation: int | None = None,
        stack: int = NOTHING,
    ) -> int:
        """The present opening of a number."""
        generation = max(self._generations[fd], 1) if generation is None else generation
        return self._add("openings", fd, time, thread, pid, self.text(call), generation, stack)

    def counter(
        self,
        call: str,
        site: int = NOTHING,
        *,
        count: int = 1,
        errors: Mapping[int, int] | None = None,
        nanoseconds: int = 0,
        unopened: int = 0,
        run: tuple[int, int] = (-1, -1),
        in_children: bool = False,
    ) -> int:
        """errors: errno → how many calls failed so. run: the first and the last number that were closed in a row."""
        errors = errors or {}
        flags = CounterFlag.IN_CHILDREN if in_children else 0
        row = self._add(
            "counters", self.text(call), site, flags, count, sum(errors.values()), nanoseconds, unopened, *run
        )
        self._rows["counter_errors"] += [(row, errno, times) for errno, times in errors.items()]
        return row

    def misuse(
        self,
        kind: MisuseKind,
        call: str = "close",
        *,
        fd: int,
        stack: int = NOTHING,
        count: int = 1,
        time: int = SINCE * SECOND,
        thread: int = 1,
        pid: int = PID,
        closed: tuple[int, int, int] = (0, 0, NOTHING),
        opened: tuple[int, int, int] = (0, 0, NOTHING),
    ) -> int:
        """closed, opened: time, thread and stack of the close that came before, and of the number's opening."""
        return self._add("misuses", kind, count, time, thread, pid, self.text(call), fd, stack, *closed, *opened)

    def _add(self, table: str, *row: int) -> int:
        self._rows[table].append(row)
        return len(self._rows[table]) - 1
