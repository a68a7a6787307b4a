"""Questions about handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import blame, clusters, cycles, handles, inheritance, ledger
from pyhandles.loaded.opened import Opened

if TYPE_CHECKING:
    from pyhandles.findings.blame import Blame
    from pyhandles.findings.clusters import Cluster
    from pyhandles.findings.cycles import Cycle
    from pyhandles.findings.handles import Handle
    from pyhandles.findings.inheritance import Inheritance
    from pyhandles.findings.ledger import Ledger


class HandleQuestions(Opened):
    """What is open, and what keeps it."""

    @property
    def handles(self) -> list[Handle]:
        """Every open descriptor, ascending, then the stale owners: the shell's `io list`.

        >>> [handle.fd for handle in snapshot.handles if handle.holder == "global server of __main__"]
        [3]
        """
        return handles.handles(self.model)

    def clusters(self) -> list[Cluster]:
        """Handles that are kept alive in the same way, a cluster for each cause, the largest first: `leaks`.

        >>> largest = snapshot.clusters()[0]
        >>> largest.count, largest.holder, largest.accumulation
        (40, 'Connection.sock', '__main__.POOL.idle, a list of 40')
        """
        return clusters.clusters(self.model)

    def cluster(self, signature: str) -> Cluster:
        """The cluster whose signature begins so: `leaks SIGNATURE`. Raises UnknownObject."""
        return clusters.cluster(self.model, signature)

    def ledger(self) -> Ledger:
        """Every open descriptor in one class, and the claims with no descriptor behind them.

        >>> account = snapshot.ledger()
        >>> account.total == sum(account.classes.values()), account.classes["garbage"], account.stale
        (True, 6, 0)
        """
        return ledger.ledger(self.model)

    def blame(self) -> list[Blame]:
        """The references whose removal alone would release descriptors, the most first: `blame`.

        >>> largest = snapshot.blame()[0]
        >>> largest.reference, largest.handles
        ('Pool.idle of global POOL of module __main__', 40)
        """
        return list(blame.blame(self.model).rows)

    def cycles(self, what: object = None) -> list[Cycle]:
        """The cycles that hold descriptors, those that hold most first; of an object, those that it is in or hangs on.

        >>> [(len(each.fds), each.garbage) for each in snapshot.cycles()][:2]
        [(1, True), (1, True)]
        """
        return list(cycles.cycles(self.model, None if what is None else [self._index(what)]).rows)

    def inherit(self) -> Inheritance:
        """What the next child would be handed over, by each way of making one: `inherit`.

        In ``page.rows`` the descriptors above 2 that are inheritable, or that another process has.

        >>> {way.way: way.count for way in snapshot.inherit().ways}["subprocess"]
        3
        """
        return inheritance.inheritance(self.model)
