"""Answers as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from pyhandles.findings.biography import Biography
from pyhandles.findings.blame import Blame
from pyhandles.findings.calls import CallList
from pyhandles.findings.clusters import Cluster
from pyhandles.findings.counts import Count
from pyhandles.findings.cycles import Cycle
from pyhandles.findings.diff import Diff
from pyhandles.findings.find import Matches
from pyhandles.findings.handles import HandleList
from pyhandles.findings.identify import Identification
from pyhandles.findings.inheritance import Inheritance
from pyhandles.findings.ledger import Ledger
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.misuses import Misuse
from pyhandles.findings.neighbours import Neighbours
from pyhandles.findings.pages import Page
from pyhandles.findings.polls import PollSet
from pyhandles.findings.reachable import Reachable
from pyhandles.findings.retained import Large, Retained
from pyhandles.findings.rooted import RootList
from pyhandles.findings.routes import Routes
from pyhandles.findings.show import Details
from pyhandles.findings.source import Source
from pyhandles.findings.summary import Summary
from pyhandles.findings.symbols import ModuleSymbols, Symbol
from pyhandles.findings.tasks import Task
from pyhandles.findings.threads import Threads
from pyhandles.findings.trace import Trace
from pyhandles.findings.who import Who
from pyhandles.findings.why import Why
from pyhandles.render.biography import biography_page
from pyhandles.render.blame import blame_table
from pyhandles.render.calls import call_table
from pyhandles.render.clean import clean, clean_text
from pyhandles.render.clusters import cluster_page, cluster_table
from pyhandles.render.counts import count_table
from pyhandles.render.cycles import cycle_list
from pyhandles.render.details import details
from pyhandles.render.diff import diff_page
from pyhandles.render.found import match_table
from pyhandles.render.handles import handle_table
from pyhandles.render.help import CommandHelp, command_list, command_page
from pyhandles.render.identification import identification
from pyhandles.render.inheritance import inheritance_page
from pyhandles.render.ledger import ledger_page
from pyhandles.render.lingering import lingering_list
from pyhandles.render.misuses import misuse_list
from pyhandles.render.neighbours import neighbour_table
from pyhandles.render.overview import overview
from pyhandles.render.pages import rest
from pyhandles.render.polls import poll_list
from pyhandles.render.reachable import reachable_page
from pyhandles.render.reason import reason
from pyhandles.render.retained import large_table, retained_lines
from pyhandles.render.rooted import root_table
from pyhandles.render.routes import route_list
from pyhandles.render.source import source_page
from pyhandles.render.stacks import task_list, threads_page
from pyhandles.render.symbols import module_table, symbol_table
from pyhandles.render.trace import trace_page
from pyhandles.render.who import who_page
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.errors import PyhandlesError


def text_lines(answer: object, width: int | None) -> list[Text]:
    """The lines of an answer: none is wider than ``width`` cells; None sets no bound, as for a file or a pipe."""
    answer = clean(answer)
    if isinstance(answer, Page):
        return [*(_rows(list(answer.rows), width) if answer.rows else []), *rest(answer, width)]
    if isinstance(answer, list):
        return _rows(answer, width)
    return _SINGLES[type(answer)](answer, width)


def _rows(rows: list[Any], width: int | None) -> list[Text]:
    return _LISTS[type(rows[0])](rows, width) if rows else [Text("nothing", "dim")]


def error_lines(error: PyhandlesError, width: int | None) -> list[Text]:
    """What an error says, with the hint what to do next."""
    hint = f". {error.hint}" if error.hint else ""
    text = Text.assemble(clean_text(error.message), clean_text(hint))
    return wrap(text, width, "pyhandles: ", style="bold red")


_LISTS: dict[type, Callable[[Any, int | None], list[Text]]] = {
    Cluster: cluster_table,
    Blame: blame_table,
    Cycle: cycle_list,
    Misuse: misuse_list,
    Lingering: lingering_list,
    Large: large_table,
    Count: count_table,
    ModuleSymbols: module_table,
    Symbol: symbol_table,
    Task: task_list,
    PollSet: poll_list,
    CommandHelp: command_list,
}

_SINGLES: dict[type, Callable[[Any, int | None], list[Text]]] = {
    Summary: overview,
    HandleList: handle_table,
    CallList: call_table,
    Biography: biography_page,
    Ledger: ledger_page,
    Inheritance: inheritance_page,
    Identification: identification,
    Details: details,
    Why: reason,
    Who: who_page,
    Cluster: cluster_page,
    Retained: retained_lines,
    Reachable: reachable_page,
    Diff: diff_page,
    Matches: match_table,
    Neighbours: neighbour_table,
    RootList: root_table,
    Threads: threads_page,
    Trace: trace_page,
    Source: source_page,
    Routes: route_list,
    CommandHelp: command_page,
}
