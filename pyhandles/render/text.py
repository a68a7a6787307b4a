"""Answers as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from pyhandles.findings.handles import Handle
from pyhandles.findings.identify import Identification
from pyhandles.findings.show import Details
from pyhandles.findings.summary import Summary
from pyhandles.findings.why import Why
from pyhandles.render.clean import clean, clean_text
from pyhandles.render.details import details
from pyhandles.render.handles import handle_table
from pyhandles.render.help import CommandHelp, command_list, command_page
from pyhandles.render.identification import identification
from pyhandles.render.overview import overview
from pyhandles.render.reason import reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.errors import PyhandlesError


def text_lines(answer: object, width: int | None) -> list[Text]:
    """The lines of an answer: none is wider than ``width`` cells; None sets no bound, as for a file or a pipe."""
    answer = clean(answer)
    if isinstance(answer, list):
        return _LISTS[type(answer[0])](answer, width) if answer else [Text("nothing", "dim")]
    return _SINGLES[type(answer)](answer, width)


def error_text(error: PyhandlesError) -> Text:
    """The line of an error, with the hint what to do next."""
    hint = f". {error.hint}" if error.hint else ""
    return Text.assemble(("pyhandles: ", "bold red"), clean_text(error.message), clean_text(hint))


_LISTS: dict[type, Callable[[Any, int | None], list[Text]]] = {
    Handle: handle_table,
    CommandHelp: command_list,
}

_SINGLES: dict[type, Callable[[Any, int | None], list[Text]]] = {
    Summary: overview,
    Identification: identification,
    Details: details,
    Why: reason,
    CommandHelp: command_page,
}
