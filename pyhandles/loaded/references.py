"""Questions about the references to and from one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import neighbours, routes
from pyhandles.loaded.opened import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.findings.neighbours import Neighbours
    from pyhandles.findings.routes import Routes


class ReferenceQuestions(Opened):
    """What leads to an object, and what it leads to. ``x`` is whatever names one; see `LoadedSnapshot`."""

    def path(self, x: object, *, avoid: Iterable[object] = (), n: int = 1, raw: bool = False) -> Routes:
        """The shortest path from a root to ``x``, and the next ones.

        avoid: what no path may use: references as answers call them, ``".idle"``, ``"global POOL"``, or whatever names
        an object. n: how many paths, if there are so many. raw: show every object, fold nothing.
        Raises UnknownObject.

        >>> [route.root for route in snapshot.path(4).routes]
        ['global POOL of module __main__']
        >>> snapshot.path(4, avoid=["Pool.idle"]).routes
        ()
        """
        texts = [each if isinstance(each, str) else f"#{self._index(each)}" for each in avoid]
        return routes.routes(self.model, self._index(x), avoid=texts, count=n, raw=raw, marks=self._marks)

    def inrefs(self, x: object, *, raw: bool = False) -> Neighbours:
        """What refers to ``x``, in ``page.rows``; ``raw``: fold nothing, with weak references and guesses.

        >>> [(row.label, row.object.type) for row in snapshot.inrefs(4).page.rows]
        [('attribute .sock', '__main__.Connection')]
        """
        return neighbours.inrefs(self.model, self._index(x), raw=raw)

    def outrefs(self, x: object, *, raw: bool = False) -> Neighbours:
        """What ``x`` refers to, in ``page.rows``; ``raw``: fold nothing, with weak references and guesses.

        >>> [row.label for row in snapshot.outrefs(snapshot.inrefs(4).page.rows[0]).page.rows]
        ['attribute .sock', 'type']
        """
        return neighbours.outrefs(self.model, self._index(x), raw=raw)
