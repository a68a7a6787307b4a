"""What to say below a part of a long list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.pages import Page


def rest(page: Page[Any], width: int | None) -> list[Text]:
    """How to see what follows the page, or why there is nothing on it; and what else there is to know."""
    texts = []
    if page.more:
        texts.append(f"… and {page.more:,} more (--offset {page.offset + len(page.rows)}, or a larger --limit)")
    elif not page.rows and page.total:
        texts.append(f"there are {page.total:,}: --offset {page.offset} leaves out all of them")
    elif not page.rows:
        texts.append(page.empty)
    texts += [page.note] if page.note else []
    return [line for text in texts for line in wrap(Text(text, "dim"), width)]
