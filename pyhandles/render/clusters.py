"""What leaks: a line for each cause, or one cause in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, Forms, table
from pyhandles.render.handles import kinds_text, numbers_text, opened_forms
from pyhandles.render.identification import verdict_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.findings.clusters import Cluster

_COMFORTABLE_TEXTS = 3


def cluster_table(clusters: list[Cluster], width: int | None) -> list[Text]:
    """A line for each cluster, then the largest in full."""
    columns = [
        Column("open", [(f"{each.count:,}",) for each in clusters], right=True, style="bold"),
        Column("of limit", [(share_text(each),) for each in clusters], right=True, rank=3),
        Column("kind", [kind_forms(each) for each in clusters], rank=2, enough=16),
        Column("verdict", [(each.verdict.kind,) for each in clusters], style="cyan"),
        Column("holder", [(each.holder or "",) for each in clusters], keep="end", enough=30),
        Column("where they hang", [(each.accumulation or "",) for each in clusters], keep="end", rank=4),
        Column(
            "opened at", [opened_forms(_mostly_opened_at(each)) for each in clusters], keep="end", rank=2, enough=12
        ),
        Column("signature", [(each.signature,) for each in clusters], whole=True, style="dim", rank=1),
    ]
    lines = table(columns, width)
    if clusters[0].count > 1:
        lines += [Text(), *cluster_page(clusters[0], width)]
    return lines


def cluster_page(cluster: Cluster, width: int | None) -> list[Text]:
    """All that there is to say of one cluster."""
    return [
        *wrap(_heading(cluster), width),
        *wrap(verdict_text(cluster.verdict), width),
        *definitions(((name, Text(text)) for name, text in _facts(cluster) if text), width),
    ]


def _heading(cluster: Cluster) -> Text:
    share = f", {share_text(cluster)} of the limit" if cluster.share is not None else ""
    holder = f", in {cluster.holder}" if cluster.holder else ""
    return Text.assemble((kinds_text(cluster.kinds), "bold"), share, holder)


def kind_forms(cluster: Cluster) -> Forms:
    if len(cluster.kinds) > 1:
        return (kinds_text(cluster.kinds), "several")
    kind = next(iter(cluster.kinds))
    return (f"{kind}, both ends", kind) if cluster.both_ends else (kind,)


def _facts(cluster: Cluster) -> list[tuple[str, str | None]]:
    return [
        ("role", cluster.role),
        ("both ends", f"of {cluster.both_ends}" if cluster.both_ends else None),
        ("targets", _commonest(cluster.targets)),
        ("where", cluster.accumulation),
        ("opened at", _commonest(cluster.opened_at)),
        ("cut", cluster.cut),
        ("fix", cluster.advice),
        ("fds", numbers_text(cluster.fds)),
        ("signature", cluster.signature),
    ]


def _mostly_opened_at(cluster: Cluster) -> str | None:
    return next(iter(cluster.opened_at), None)


def share_text(cluster: Cluster) -> str:
    if cluster.share is None:
        return ""
    return f"{cluster.share:.0%}" if cluster.share >= 0.01 else "<1%"


def _commonest(counts: Mapping[str, int]) -> str:
    """``/dev/null (15), /etc/passwd``, the commonest first."""
    shown = list(counts.items())[:_COMFORTABLE_TEXTS]
    more = len(counts) - len(shown)
    texts = [f"{text} ({count:,})" if count > 1 else text for text, count in shown]
    return ", ".join(texts) + (f" … and {more:,} more" if more else "")
