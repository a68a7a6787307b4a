from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No test asserts a time: machines differ.
settings.register_profile("pyhandles", deadline=None)
# For an extension made slow by a sanitiser: pytest --hypothesis-profile few
settings.register_profile("few", deadline=None, max_examples=5)
settings.load_profile("pyhandles")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that another user can reach and write to, which pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="pyhandles-tests-"))
    directory.chmod(0o777)
    yield directory
    shutil.rmtree(directory)
