"""Questions about what happened, while the recorder ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pyhandles.findings import biography, calls, misuses
from pyhandles.findings.event_filters import EventFilters
from pyhandles.findings.trace import trace
from pyhandles.loaded.opened import Opened

if TYPE_CHECKING:
    from pyhandles.findings.biography import Biography
    from pyhandles.findings.calls import CallList
    from pyhandles.findings.misuses import Misuse
    from pyhandles.findings.trace import Trace


class RecordedQuestions(Opened):
    """What was done to descriptors, by whom. Of a program that was not recorded each raises NotRecorded."""

    def fd(self, number: int, *, stacks: bool = False, last: int | None = None) -> Biography:
        """What a descriptor number is, where it comes from, and what was done to it: `fd`.

        The stack of its present opening is in ``origin.stack``; what was done to it, and to others while it was free,
        in ``events.rows``. last: no more than so many calls. stacks: show them all where the answer is shown as text.
        Raises NotRecorded, UnknownObject.
        """
        return biography.biography(self.model, number, stacks=stacks, last=last)

    def calls(
        self,
        *,
        by: Literal["call", "site"] | None = None,
        call: str | None = None,
        errors: bool = False,
        seconds: bool = False,
    ) -> CallList:
        """How often each call was made, and where, in ``page.rows``, most calls first: `calls`.

        by: sum up by call, or by place. call: only those called so, ``"open,close"``, ``"epoll*"``. errors: only those
        that failed, most failures first. seconds: those that took longest first. Raises NotRecorded, UnknownObject.
        """
        return calls.calls(self.model, by=by, call=call, errors=errors, seconds=seconds)

    def trace(
        self,
        *,
        call: str | None = None,
        fd: int | None = None,
        thread: str | int | None = None,
        errors: bool = False,
        site: str | None = None,
        last: int | None = None,
        stack: bool = False,
    ) -> Trace:
        """The calls still in memory that fit all that is given, in ``rows``, the latest last: `trace`.

        call: of this name, ``"close"``, ``"open,openat"``, ``"epoll*"``. fd: what made, used or closed this number;
        alone it has calls about others between, which were made while the number was free. thread: its name, or its
        number in the system. errors: those that failed. site: a text in the place that called. last: so many at most.
        stack: with the stack of each. Raises NotRecorded, UnknownObject.
        """
        return trace(self.model, EventFilters(call, fd, thread, errors, site), last=last, with_stacks=stack)

    def misuses(self) -> list[Misuse]:
        """What was done to descriptors that no correct program does, the most dangerous first: `misuse`.

        Each kind once for a place, with the stacks of the call, of the close before it and of the opening as they were
        the first time, and how often it was. Raises NotRecorded.
        """
        return list(misuses.misuses(self.model).rows)
