from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pyhandles
from tests.native.plain import Plain


@pytest.fixture
def captured(tmp_path: Path) -> Callable[[], Plain]:
    """Capture this process and read what was written."""

    def capture() -> Plain:
        return Plain(pyhandles.capture(tmp_path / "snapshot.pkl"))

    return capture
