"""What has grown since a service was installed with a census."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.collectors import PORTABLE
from tests.endtoend.service import ask, python, service

OWN = 9 if PORTABLE else 3
"""What the portable collector needs for a capture is in the heap that it captures."""

GROWS = """
import gc, json, socket, sys
import pyhandles

class Connection:
    def __init__(self):
        self.sock = socket.socket()

class Page:
    pass

def job():
    class Job:
        pass
    return Job()

early = [Page(), Page(), Connection(), job()]
{before}
pyhandles.install("it.pkl", on=(), quiet=True, census=True)
{after}
kept = [Connection() for _ in range(3)] + [Page() for _ in range(40)]
early.pop()
pyhandles.capture()
"""


def summary(tmp_path: Path, *, before: str = "", after: str = "") -> dict[str, Any]:
    outcome = service(tmp_path, GROWS.format(before=before, after=after))
    assert (outcome.status, outcome.err) == (0, ""), outcome
    [answer] = ask(outcome.snapshot(), "summary")
    return answer


def test_owners_and_holders_come_first_then_what_grew_most(tmp_path: Path):
    grown = summary(tmp_path)["grown"]

    first, second = sorted(grown[:2], key=lambda each: each["type"])
    assert first == {"type": "__main__.Connection", "before": 1, "now": 4, "owner": True}
    assert second == {"type": "socket.socket", "before": 1, "now": 4, "owner": True}
    assert grown[2] == {"type": "__main__.Page", "before": 2, "now": 42, "owner": False}
    assert all(each["before"] < each["now"] for each in grown)
    assert "__main__.Job" not in [each["type"] for each in grown]


def test_the_summary_shows_it_in_text(tmp_path: Path):
    summary(tmp_path)

    shown = python("-m", "pyhandles", "shell", "it.pkl", "-c", "summary", cwd=tmp_path).out.splitlines()

    at = shown.index("")
    assert [line.split() for line in shown[at + 1 : at + 3]] == [
        ["grown", "before", "now", "type"],
        ["+3", "1", "4", "__main__.Connection", "*"],
    ]


def test_objects_that_were_frozen_before_or_since_have_not_grown(tmp_path: Path):
    grown = summary(tmp_path, before="gc.freeze()", after="others = [Page()] * 9; gc.freeze()")["grown"]

    assert {"type": "__main__.Page", "before": 0, "now": 40, "owner": False} in grown


def test_without_a_census_nothing_is_counted_and_objgraph_is_not_imported(tmp_path: Path):
    outcome = service(
        tmp_path,
        "import sys, pyhandles\npyhandles.install('it.pkl', on=(), quiet=True)\npyhandles.capture()\n"
        "print('objgraph' in sys.modules)",
    )

    assert (outcome.status, outcome.out, outcome.err) == (0, "False\n", "")
    assert ask(outcome.snapshot(), "summary")[0]["grown"] is None
    assert outcome.plain().rows("census") == []


def test_like_is_compared_with_like(tmp_path: Path):
    """Of every type, the snapshot counts as many as objgraph counts at that moment."""
    outcome = service(
        tmp_path,
        """
        import json, sys
        import objgraph, pyhandles
        pyhandles.install("it.pkl", on=(), quiet=True, census=True)
        now = objgraph.typestats(shortnames=False)
        pyhandles.capture()
        print(json.dumps(now))
        """,
    )
    assert outcome.status == 0, outcome
    counted = {name.removeprefix("builtins."): count for name, count in json.loads(outcome.out).items()}

    [answer] = ask(outcome.snapshot(), "summary")

    assert all(abs(each["now"] - counted.get(each["type"], 0)) <= OWN for each in answer["grown"])
    assert sum(each["now"] - each["before"] for each in answer["grown"]) < 10 * OWN


def test_where_objgraph_is_not_installed_the_error_says_so_and_nothing_is_installed(tmp_path: Path):
    (tmp_path / "objgraph.py").write_text("raise ImportError('no such module')")
    outcome = service(
        tmp_path,
        """
        import pyhandles
        from pyhandles.errors import PyhandlesError
        try:
            pyhandles.install("it.pkl", census=True)
        except PyhandlesError as error:
            print(error.message, error.hint, sep="; ")
        """,
    )

    assert outcome.out == (
        "a census needs objgraph, which is not installed here; `pip install objgraph`, or leave census out\n"
    )
    assert (outcome.status, outcome.err, outcome.snapshots) == (0, "", [])


def test_a_census_is_one_of_the_arguments_and_uninstalling_forgets_it(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import pyhandles
        from pyhandles.errors import PyhandlesError
        pyhandles.install("it.pkl", on=(), census=True, quiet=True)
        try:
            pyhandles.install("it.pkl", on=(), quiet=True)
        except PyhandlesError as error:
            print(error.message)
        pyhandles.uninstall()
        pyhandles.capture("later.pkl")
        """,
    )

    assert outcome.out == "pyhandles is installed already, with other arguments\n"
    assert outcome.plain("later.pkl").rows("census") == []
