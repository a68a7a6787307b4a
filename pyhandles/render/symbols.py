"""Modules and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.render.columns import Column, table

if TYPE_CHECKING:
    from rich.text import Text

    from pyhandles.findings.symbols import ModuleSymbols, Symbol


def module_table(modules: list[ModuleSymbols], width: int | None) -> list[Text]:
    columns = [
        Column("names", [(f"{each.symbols:,}",) for each in modules], right=True, style="bold"),
        Column("module", [(each.module,) for each in modules], style="cyan", keep="end", enough=40),
        Column("imported", [("" if each.imported else "no longer",) for each in modules], rank=2),
        Column("address", [(f"{each.address:#x}",) for each in modules], whole=True, style="dim", rank=3),
        Column("file", [(each.file or "",) for each in modules], keep="end", rank=1),
    ]
    return table(columns, width)


def symbol_table(symbols: list[Symbol], width: int | None) -> list[Text]:
    columns = [
        Column("name", [(each.name,) for each in symbols], style="bold", enough=24),
        Column("kind", [(each.kind,) for each in symbols], style="cyan", whole=True),
        Column("what", [(each.text if each.kind == "variable" else "",) for each in symbols], rank=1, enough=24),
        Column("defined in", [(each.defined_in or "",) for each in symbols], rank=2, enough=20),
        Column("address", [(f"{each.address:#x}",) for each in symbols], whole=True, style="dim", rank=4),
        Column("location", [(each.location or "",) for each in symbols], keep="end", rank=3, enough=30),
    ]
    return table(columns, width)
