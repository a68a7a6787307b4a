"""Show an answer: at once where it fits the terminal, in the user's pager where it is longer."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def show(lines: Sequence[str], height: int) -> None:
    """Print the lines, or page them where the terminal, ``height`` lines high, cannot show them all.

    One line is the prompt's and one the toolbar's, so an answer of ``height - 2`` lines stays in sight.
    """
    if len(lines) <= height - 2 or not _page("\n".join(lines) + "\n"):
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


def _page(text: str) -> bool:
    """Run the pager over the text; False where there is none."""
    command = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    environment = {"LESS": "FRX", **os.environ}  # R: colours, and no other escapes; X: what was read stays in sight
    # Ctrl-C is the pager's. A handler, for that a signal is ignored would be inherited.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        pager = subprocess.run(  # noqa: S603 - the command is the user's own
            command, input=text.encode(sys.stdout.encoding, "replace"), env=environment, check=False
        )
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode == 0
