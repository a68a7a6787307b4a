"""Plays a program of which a test has several variants: by fork, in place, as another user, …"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.service import Outcome, python, script

if TYPE_CHECKING:
    from collections.abc import Mapping


def played(factory: pytest.TempPathFactory, program: str, values: Mapping[str, str], manner: str) -> Outcome:
    """Run the program with its ``{names}`` replaced, in a folder that every user may write to."""
    if "user" in manner and os.geteuid() != 0:
        pytest.skip("only root may become another user; the others are run as an ordinary one then")
    directory = factory.mktemp("scene")
    directory.chmod(0o777)
    for parent in directory.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(0o755)
    for key, value in values.items():
        program = program.replace(f"{{{key}}}", value)
    return python(script(directory, program), cwd=directory, PYTHONPATH=str(Path(__file__).parents[2]))
