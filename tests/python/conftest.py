from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.endtoend.service import ROOT, python, script

DOCUMENT = ROOT / "docs" / "python.md"

# The portable collector makes its calls by ctypes, and libffi keeps a file open from 3.5 on: not at a number that the
# document shows as the program's.
OUT_OF_THE_WAY = """
    import os

    taken = [os.open(os.devnull, os.O_RDONLY)]
    while taken[-1] < 100:
        taken.append(os.dup(taken[0]))
    import ctypes

    for each in taken:
        os.close(each)
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the document's program ran, with its snapshots."""
    path = tmp_path_factory.mktemp("python")
    [program] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    site = script(tmp_path_factory.mktemp("site"), OUT_OF_THE_WAY, name="sitecustomize.py").parent
    outcome = python(script(path, program, name="service.py"), cwd=path, PYTHONPATH=f"{ROOT}{os.pathsep}{site}")
    assert outcome.status == 0, outcome
    return path
