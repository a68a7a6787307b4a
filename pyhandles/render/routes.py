"""Paths from roots down to an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.routes import Route, Routes, RouteStep

_CHAIN_END = 8
"""Of a longer path so many steps at either end are shown."""

_KINDS = {
    "global": "",
    "local": "",
    "class": ", through a class",
    "interpreter": "",
    "native": ", which nothing in Python explains",
}


def route_list(answer: Routes, width: int | None) -> list[Text]:
    lines = _without_path(answer, width)
    for number, route in enumerate(answer.routes, 1):
        heading = f"{number}. {_heading(route)}" if answer.asked > 1 else _heading(route)
        lines += [*([Text()] if lines else []), *wrap(Text(heading, "bold"), width), *_steps(route, width)]
    if 0 < len(answer.routes) < answer.asked and answer.routes[0].steps:
        lines += [Text(), *wrap(Text("there is no further path", "dim"), width)]
    return lines


def _heading(route: Route) -> str:
    if not route.steps:
        return f"{route.root}: a root itself"
    steps = "1 step" if len(route.steps) == 1 else f"{len(route.steps):,} steps"
    return f"{steps} from {route.root}{_KINDS[route.kind]}"


def _without_path(answer: Routes, width: int | None) -> list[Text]:
    if answer.garbage:
        lines = wrap(Text(f"no root reaches {answer.object.text}: it is garbage", "bold"), width)
        return lines + (wrap(Text(" → ".join(answer.loop)), width, "loop  ", style="cyan") if answer.loop else [])
    if answer.routes:
        return []
    but = "" if answer.avoided is None else " but through what is to be avoided"
    return wrap(Text(f"no root is known to reach {answer.object.text}{but}", "bold"), width)


def _steps(route: Route, width: int | None) -> list[Text]:
    if not route.steps:
        return []
    steps = route.steps
    left_out = len(steps) - 2 * _CHAIN_END
    if left_out <= 1:
        return _table(steps, width)
    lines = _table((*steps[:_CHAIN_END], *steps[-_CHAIN_END:]), width)
    lines.insert(_CHAIN_END + 1, Text(f"… {left_out:,} more …", "dim"))
    return lines


def _table(steps: tuple[RouteStep, ...], width: int | None) -> list[Text]:
    columns = [
        Column("reference", [(step.text, step.label) for step in steps], style="cyan", keep="end", enough=28),
        Column("to", [(step.object.text, step.object.type) for step in steps], enough=20),
        Column("address", [(f"{step.object.address:#x}",) for step in steps], whole=True, style="dim", rank=1),
    ]
    return table(columns, width)
