"""What keeps an object alive: the verdict, then the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.handles import handle_text, role_text
from pyhandles.render.trees import Branch, tree
from pyhandles.render.wrapping import NO_BREAK, wrap

if TYPE_CHECKING:
    from pyhandles.findings.describe import Described
    from pyhandles.findings.identify import Ancestry, Identification, Line
    from pyhandles.findings.verdicts.verdict import Verdict

_SEEN = {"circular": "already found circularly", "shared": "already found"}

_GOOD = {"loop", "frame", "rooted", "standard", "inherited", "native", "raw"}


def identification(answer: Identification, width: int | None) -> list[Text]:
    lines = wrap(handle_text(answer.handle), width) if answer.handle else []
    if answer.handle and answer.handle.role:
        lines += wrap(role_text(answer.handle.role), width)
    lines += wrap(verdict_text(answer.verdict), width)
    for text in answer.lingering:
        lines += wrap(Text(f"{text}."), width)
    if answer.handle and answer.handle.opened_at:
        lines += wrap(Text(f"opened at {answer.handle.opened_at}"), width)
    for ancestry in answer.ancestries:
        lines += [Text(), *tree(_ancestry(ancestry), width)]
    return lines


def verdict_text(verdict: Verdict) -> Text:
    """Kind, then sentence: ``garbage: only a cycle keeps it``."""
    return Text.assemble((verdict.kind, "bold green" if verdict.kind in _GOOD else "bold red"), f": {verdict.text}.")


def object_text(described: Described) -> Text:
    return Text.assemble(described.text, (f" at{NO_BREAK}{described.address:#x}", "dim"))


def _ancestry(ancestry: Ancestry) -> Branch:
    text = Text.assemble(object_text(ancestry.object), *_mark(ancestry.mark))
    branches = [_branch(line) for line in ancestry.tree]
    return Branch(_with_root(text, ancestry.root), branches + _rest(ancestry.more, deeper=ancestry.deeper))


def _branch(line: Line) -> Branch:
    label = Text(line.label, "cyan")
    if line.seen:
        name = line.mark or f"{line.object.text} at {line.object.address:#x}"
        return Branch(Text.assemble(label, " of ", (name, "bold magenta"), (f"  ({_SEEN[line.seen]})", "magenta")))
    text = Text.assemble(label, " of ", object_text(line.object), *_mark(line.mark))
    branches = [_branch(referrer) for referrer in line.referrers]
    return Branch(_with_root(text, line.root), branches + _rest(line.more, deeper=line.deeper))


def _mark(mark: str | None) -> list[str | tuple[str, str]]:
    return ["  ", (mark, "bold magenta")] if mark else []


def _with_root(text: Text, root: str | None) -> Text:
    return text if root is None else Text.assemble(text, "  ", (f"root: {root}", "bold green"))


def _rest(more: int, *, deeper: bool) -> list[Branch]:
    """What stands in for the referrers that are left out."""
    left_out = []
    if more:
        left_out.append(Branch(Text(f"… and {more:,} more (--all)", "dim")))
    if deeper:
        left_out.append(Branch(Text("… goes on (--depth)", "dim")))
    return left_out
