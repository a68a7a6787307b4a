"""``python -m pyhandles.dump --record`` beside ``python``, on the same table of programs as without recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.test_faithful import EVERY_PROGRAM, Program, at_a_terminal, compare

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

RECORD = ("-m", "pyhandles.dump", "--record", "--quiet", "--")


@pytest.mark.parametrize("program", EVERY_PROGRAM)
def test_same_output_same_errors_same_status_while_recording(tmp_path: Path, program: Program):
    told = program.differs.replace("'--quiet', ", "'--record', '--quiet', ")
    compare(tmp_path, replace(program, differs=told), RECORD)


@pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")  # whatever threads run the tests
def test_at_a_terminal(tmp_path: Path):
    source = "import os\nprint(os.ttyname(0) == os.ttyname(2))\nprint(repr(input('name? ')))"
    assert at_a_terminal(tmp_path, source, b"me\n", *RECORD) == at_a_terminal(tmp_path, source, b"me\n")
