"""How long the shell takes to answer each question: a heap of over a million objects, 10,000 leaked sockets.

    python benchmarks/questions.py

Each within 0.3 s, `leaks` within 3 s, `largest --retained` within 5 s, once a first answer is there: what that one
works out, what is alive and the shortest paths, is for all. Opening and the first answer are told apart. Each
measurement is in a process of its own that goes on from there, so that no question profits from those before it. It is
processor time, since an answer waits for nothing. Exits 1 where a limit is missed.
"""

from __future__ import annotations

import os
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import large

import measure
from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.commands import COMMANDS
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot

LIMIT_S = 0.3
FIRST = "why FD"

QUESTIONS: dict[str, float | None] = dict.fromkeys(
    [
        "summary",
        "ledger",
        "blame",
        "cycles",
        "cycles FD",
        "io list",
        "io list --class garbage",
        "io list --ends",
        "closed",
        "inherit",
        "polls",
        "who 10.0.0.7:5432",
        "why FD",
        "why SHARED",
        "identify FD",
        "identify SHARED",
        "show FD",
        "show SHARED",
        "find --type socket.socket",
        "reachable FD",
        "reachable SHARED",
        "path FD",
        "path SHARED",
        "path SHARED -n 3",
        "inrefs FD",
        "inrefs SHARED",
        "outrefs SHARED",
        "count",
        "count --by module --size",
        "roots",
        "roots --kind native",
        "retained FD",
        "retained SHARED",
        "largest",
        "threads --locals",
        "tasks",
        "symbols",
        "symbols __main__",
        "source socket.socket",
        "help",
    ],
    LIMIT_S,
) | {
    "leaks": 3.0,  # looks at each of the 10,000, as long as from a cold start
    "largest --retained": 5.0,
    "identify SHARED --all": None,  # all of 5,000 referrers are asked for
    "diff OTHER": None,  # opens another snapshot of that size, and looks for leaks in both
}
"""To what each should keep, in seconds. FD is one of the leaked sockets, SHARED what the 5,000 workers share."""

NOT_ASKED = {"quit", "calls", "fd", "misuse", "trace"}
"""But for the first, they ask what was recorded, and nothing was."""


def main() -> None:
    asked = {name for name in COMMANDS if any(f"{question} ".startswith(f"{name} ") for question in QUESTIONS)}
    assert asked | NOT_ASKED == set(COMMANDS), "a command is not among the questions"
    with tempfile.TemporaryDirectory() as directory:
        path, other = str(Path(directory, "large.pkl")), str(Path(directory, "other.pkl"))
        large.capture(path, other)
        sys.exit(1 if _tell(path, other) else 0)


def _tell(path: str, other: str) -> list[str]:
    """Print every figure. Returns the questions whose limits are missed."""
    measure.tell("opening", measure.median(lambda: _forked(lambda: Snapshot.open(path))), "s")
    session = Session(Snapshot.open(path), Path(path).name)
    names = _names(session.snapshot) | {"OTHER": other}

    def seconds(question: str) -> float:
        line = " ".join(names.get(word, word) for word in question.split())
        return _forked(lambda: text_lines(ask(session, line), 80))

    measure.tell(f"the first answer, {FIRST}", measure.median(lambda: seconds(FIRST)), "s")
    ask(session, FIRST.replace("FD", names["FD"]))
    missed = []
    for question, limit in QUESTIONS.items():
        took = measure.median(lambda question=question: seconds(question))
        missed += [question] if limit is not None and took > limit else []
        verdict = "" if limit is None else f"(at most {limit:g} s{': missed' if took > limit else ''})"
        measure.tell(question, took, "s", limit=verdict)
    return missed


def _names(snapshot: Snapshot) -> dict[str, str]:
    shared = next(i for i in range(snapshot.n_objects) if snapshot.type_name(i) == "__main__.Config")
    return {"FD": "5000", "SHARED": f"#{shared}"}


def _forked(work: Callable[[], object]) -> float:
    """Seconds that the work takes in a fork of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            start = time.process_time()
            work()
            os.write(writing, struct.pack("d", time.process_time() - start))
            status = 0
        except Exception:  # noqa: BLE001 - whatever it is, it is to be seen
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    told = os.read(reading, 8)
    os.close(reading)
    os.waitpid(child, 0)
    [took] = struct.unpack("d", told)
    return float(took)


if __name__ == "__main__":
    main()
