"""Subprocesses: the pipes of `subprocess.Popen`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import Role

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens
    from pyhandles.inspectors.role import Fields, Rule

LIBRARY = frozenset({"subprocess.Popen"})


def _pipe(stream: str, name: str) -> Rule:
    def rule(lens: Lens, popen: int) -> Role:
        if lens.is_set(popen, "returncode"):
            return Role(f"{name} of a subprocess.Popen that has ended", f"close proc.{stream}, or `with Popen(...)`")
        return Role(
            f"{name} of a subprocess.Popen not waited for",
            f"proc.communicate(), or close proc.{stream} and proc.wait()",
        )

    return rule


FIELDS: Fields = {
    ("subprocess.Popen", "stdin"): _pipe("stdin", "standard input"),
    ("subprocess.Popen", "stdout"): _pipe("stdout", "standard output"),
    ("subprocess.Popen", "stderr"): _pipe("stderr", "standard error"),
}
