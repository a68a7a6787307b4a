"""What `pyhandles.load` gives: each command of the shell as a method, with the same answer as dataclasses."""

from __future__ import annotations

from pyhandles.loaded.handles import HandleQuestions
from pyhandles.loaded.objects import ObjectQuestions
from pyhandles.loaded.recorded import RecordedQuestions
from pyhandles.loaded.references import ReferenceQuestions
from pyhandles.loaded.surroundings import SurroundingsQuestions
from pyhandles.loaded.whole import WholeQuestions


class LoadedSnapshot(
    WholeQuestions, HandleQuestions, ObjectQuestions, ReferenceQuestions, RecordedQuestions, SurroundingsQuestions
):
    """A snapshot to ask from Python. `pyhandles.load` opens one.

    A question about an object takes what names it:

    - a number: that of a descriptor, which stands for its owners; one that was not open is taken for an address;
    - a text, as the shell takes it: ``"63"``, ``"0x7f12a4c3d5e0"``, ``"#1234"``, ``"*A"`` (a mark of the last answer
      that had marks);
    - an answer, or a part of one: a handle, an owner, a line of a tree; a cluster or a row of `blame` stands
      for its first descriptor.

    What names nothing raises `pyhandles.errors.UnknownObject`. Answers are frozen dataclasses of texts and numbers;
    they do not keep the snapshot open. What is costly is found once: the second question is fast.

    model: the tables of the file, for questions that nobody has foreseen.
    """


__all__ = ["LoadedSnapshot"]
