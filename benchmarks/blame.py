"""How long `leaks` and `blame` take from a cold start, with 10,000 leaked sockets in a heap of a million objects.

    python benchmarks/blame.py

Each within 3 s and 1.5 GB. Needs a limit of some 11,000 descriptors, which it asks for itself. What the other questions
about the whole heap take is told too: cold, so that a start is a part of it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import large

import measure

QUESTIONS = ("blame", "leaks", "cycles", "largest --retained", "retained 3")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory, "blame.pkl"))
        large.capture(path)
        _tell(path)


def _tell(path: str) -> None:
    def ask(question: str) -> measure.Run:
        return measure.run("-m", "pyhandles", "shell", path, "-c", question)

    print(ask("summary").output.decode())
    seconds = measure.medians(*(lambda question=question: ask(question).seconds for question in QUESTIONS))
    limits = {"blame": "(at most 3 s)", "leaks": "(at most 3 s)"}
    for question, median in zip(QUESTIONS, seconds, strict=True):
        measure.tell(f"{question}, cold", median, "s", limit=limits.get(question, ""))
    for question in QUESTIONS:
        memory = measure.median(lambda question=question: ask(question).peak_rss_bytes / 1e6)
        measure.tell(f"peak memory of {question}", memory, "MB", limit="(at most 1500)" if question in limits else "")


if __name__ == "__main__":
    main()
