"""What has grown between snapshots: which they are, the causes, the types."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.clusters import cluster_page, kind_forms, share_text
from pyhandles.render.columns import Column, table
from pyhandles.render.overview import limit_text, time_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyhandles.findings.diff import ClusterChange, Compared, Diff, TypeGrowth
    from pyhandles.render.columns import Forms

_MOST_ROWS = 20
_IN_FULL = 3
"""So many of the causes that have grown are told in full."""


def diff_page(diff: Diff, width: int | None) -> list[Text]:
    return [
        *wrap(_heading(diff.snapshots), width),
        *definitions(_snapshots(diff.snapshots), width),
        *(line for note in diff.notes for line in wrap(Text(note, "dim"), width)),
        *(_clusters(diff.clusters, width) if diff.clusters is not None else ()),
        *_types(diff.types, width),
    ]


def _heading(snapshots: Sequence[Compared]) -> Text:
    last = snapshots[-1]
    limit = f"; the limit is {limit_text(last.soft_limit)}" if last.soft_limit is not None else ""
    counts = [each.open for each in snapshots]
    return Text.assemble((f"{_row(counts)} descriptors open", "bold"), limit)


def _snapshots(snapshots: Sequence[Compared]) -> Iterable[tuple[str, Text]]:
    names = ["before", "after"] if len(snapshots) == 2 else [str(place + 1) for place in range(len(snapshots))]
    files = [PurePath(each.name).name for each in snapshots]
    if len(set(files)) < len(files):
        files = [each.name for each in snapshots]
    for name, file, each in zip(names, files, snapshots, strict=True):
        facts = f"{time_text(each.time)} by {each.trigger}, pid {each.pid}, Python {each.python.split()[0]}"
        yield name, Text(f"{file}  {facts}")
    yield "kinds", Text(_changed([each.kinds for each in snapshots]))
    yield "classes", Text(_changed([each.classes for each in snapshots]))


def _changed(counted: Sequence[Mapping[str, int]]) -> str:
    """``3 → 58 socket``: those of which another number is open now."""
    names = dict.fromkeys(name for each in reversed(counted) for name in each)
    counts = {name: [each.get(name, 0) for each in counted] for name in names}
    changed = ", ".join(f"{_row(each)} {name}" for name, each in counts.items() if each[0] != each[-1])
    return changed or "as many of each as before"


def _clusters(changes: Sequence[ClusterChange], width: int | None) -> list[Text]:
    if not changes:
        return [Text(), Text("no way in which handles are kept has grown or shrunk", "dim")]
    shown = changes[:_MOST_ROWS]
    clusters = [each.cluster for each in shown]
    columns = [
        Column("grown", [_growth(each.counts) for each in shown], right=True, style="bold", whole=True),
        Column("open", [_numbers(each.counts) for each in shown], rank=1, enough=16),
        Column("", [(_change_text(each),) for each in shown], style="yellow", rank=2),
        Column("of limit", [(_share(each),) for each in shown], right=True, rank=3),
        Column("kind", [kind_forms(each) for each in clusters], rank=4, enough=16),
        Column("verdict", [(each.verdict.kind,) for each in clusters], style="cyan"),
        Column("holder", [(each.holder or "",) for each in clusters], keep="end", enough=30),
        Column("where they hang", [(each.accumulation or "",) for each in clusters], keep="end", rank=6),
        Column("signature", [(each.signature,) for each in clusters], whole=True, style="dim", rank=5),
    ]
    lines = [Text(), *table(columns, width), *_rest(len(changes) - len(shown), width)]
    for each in [each for each in shown if each.counts[-1] > each.counts[0]][:_IN_FULL]:
        lines += [Text(), *cluster_page(each.cluster, width)]
    return lines


def _types(types: Sequence[TypeGrowth], width: int | None) -> list[Text]:
    """Of three snapshots or more, the types that have grown every time, if there are any."""
    always = [each for each in types if each.every_time]
    shown = (always or list(types))[:_MOST_ROWS]
    if not shown:
        return [Text(), Text("no type has more objects", "dim")]
    columns = [
        Column("grown", [_growth(each.counts) for each in shown], right=True, style="bold", whole=True),
        Column("objects", [_numbers(each.counts) for each in shown], rank=1, enough=16),
        Column("type", [_names(each) for each in shown], keep="end", enough=26),
    ]
    notes = ["*: owns descriptors, or holds what does"] if any(each.owner for each in shown) else []
    notes += [] if always else ["none of them has grown every time"]
    return [
        Text(),
        *table(columns, width),
        *(line for note in notes for line in wrap(Text(note, "dim"), width)),
        *_rest(len(types) - len(shown), width),
    ]


def _rest(more: int, width: int | None) -> list[Text]:
    return wrap(Text(f"… and {more:,} more (--format json)", "dim"), width) if more else []


def _growth(counts: Sequence[int]) -> Forms:
    return (f"{counts[-1] - counts[0]:+,}",)


def _numbers(counts: Sequence[int]) -> Forms:
    """Each number, then the first and the last."""
    return (_row(counts), f"{counts[0]:,} … {counts[-1]:,}") if len(counts) > 2 else (_row(counts),)


def _row(counts: Sequence[int]) -> str:
    return " → ".join(f"{count:,}" for count in counts)


def _change_text(change: ClusterChange) -> str:
    """``new``, ``gone``; of three snapshots or more, whether it is what grows every time."""
    if change.every_time and len(change.counts) > 2:
        return "every time"
    return change.change


def _share(change: ClusterChange) -> str:
    return share_text(change.cluster) if change.counts[-1] else ""


def _names(each: TypeGrowth) -> Forms:
    """The type, then without its module."""
    star = " *" if each.owner else ""
    return each.type + star, each.type.rpartition(".")[2] + star
