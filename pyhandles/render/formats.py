"""Documents as JSON and as CSV."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING

from pyhandles.render.clean import clean

if TYPE_CHECKING:
    from pyhandles.render.documents import Document


def json_line(document: Document) -> str:
    """The document in one line, without its line break; ASCII, so that no terminal acts upon what is in it."""
    return json.dumps(document)


def csv_lines(document: Document) -> str:
    """A list as a table with a line of titles, anything else as lines of field and value; nests are JSON."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if "rows" in document:
        rows = document["rows"]
        if rows:
            writer.writerow(rows[0])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    else:
        writer.writerow(["field", "value"])
        writer.writerows([name, _cell(value)] for name, value in document.items() if name not in {"version", "command"})
    return out.getvalue().rstrip("\n")


def _cell(value: object) -> object:
    if isinstance(value, bool | dict | list):
        return json.dumps(value)
    return clean(value)
