"""Questions about one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import identify, network, reachable, retained, show, why
from pyhandles.loaded.opened import Opened

if TYPE_CHECKING:
    import networkx as nx

    from pyhandles.findings.identify import Identification
    from pyhandles.findings.reachable import Reachable
    from pyhandles.findings.retained import Retained
    from pyhandles.findings.show import Details
    from pyhandles.findings.why import Why


class ObjectQuestions(Opened):
    """What an object is, and what keeps it. ``x`` is whatever names one; see `LoadedSnapshot`."""

    def why(self, x: object) -> Why:
        """In short why ``x`` is alive: verdict, path, where it was opened, what to cut.

        >>> snapshot.why(4).cut
        'item [0] of Pool.idle'
        """
        named = self._named(x)
        return why.why(self.model, named.indices, fd=named.fd)

    def identify(
        self,
        x: object,
        *,
        raw: bool = False,
        all: bool = False,  # noqa: A002  # The option is called so.
        depth: int | None = None,
    ) -> Identification:
        """The tree of what refers to ``x``, up to the roots. Its marks name objects in the questions that follow.

        raw: show every object, fold nothing. all: show every referrer. depth: so many lines up, at most.

        >>> [line.label for line in snapshot.identify(4).ancestries[0].tree]
        ['attribute .sock']
        """
        named = self._named(x)
        answer = identify.identify(self.model, named.indices, fd=named.fd, raw=raw, all=all, depth=depth)
        self._marks = answer.marks
        return answer

    def show(self, x: object, *, all: bool = False) -> Details:  # noqa: A002  # The option is called so.
        """What is known of ``x`` itself: type, size, state, what it refers to; ``all``: every reference.

        >>> snapshot.show(4).special["fd"]
        4
        """
        return show.show(self.model, self._index(x), all=all)

    def retained(self, x: object) -> Retained:
        """What would be freed if ``x`` were gone: objects, bytes, descriptors.

        >>> snapshot.retained(4).fds
        (4,)
        """
        return retained.retained(self.model, self._index(x))

    def reachable(self, x: object, *, all: bool = False) -> Reachable:  # noqa: A002  # The option is called so.
        """What ``x`` reaches, whatever else keeps it: objects, bytes, descriptors; in ``types.rows`` of each type.

        all: follow types, globals and modules too, by which anything reaches almost everything.

        >>> pool = snapshot.find(type="Pool").page.rows[0]
        >>> len(snapshot.reachable(pool).fds)
        40
        """
        return reachable.reachable(self.model, self._index(x), all=all)

    def graph(
        self,
        x: object,
        *,
        raw: bool = False,
        all: bool = False,  # noqa: A002  # The option is called so.
        depth: int | None = None,
    ) -> nx.MultiDiGraph:
        """The tree of `identify` as a graph of networkx: what refers to ``x``, up to the roots.

        A node is an object's index, an edge a reference, from the object that refers, with its row as key. A node has
        ``address`` and ``size`` in bytes (int); ``type`` and ``text`` (str); ``start`` (bool): it is ``x``; ``root``
        (str): what kind of root it is, "" for none; ``garbage`` (bool): no root reaches it; ``more`` (int): how many
        references to it are left out. An edge has ``label`` (str) and ``folded`` (int): how many objects stand in
        between, as an instance's ``__dict__`` does.

        >>> graph = snapshot.graph(4)
        >>> [graph.nodes[source]["text"] for source, target in graph.edges() if graph.nodes[target]["start"]]
        ['__main__.Connection']
        """
        return network.graph(self.model, self._named(x).indices, raw=raw, all=all, depth=depth)
