"""Which collector the tests run with: ``PYHANDLES_COLLECTOR=portable`` runs them with the one in Python."""

from __future__ import annotations

import os
import sys

import pytest

PORTABLE = os.environ.get("PYHANDLES_COLLECTOR") == "portable"
WRITER = "portable" if PORTABLE else "native"


sees_every_error = pytest.mark.skipif(
    PORTABLE and sys.version_info < (3, 12),
    reason="the portable collector: before Python 3.12 it stands around the functions that make descriptors instead",
)
"""For errors that other calls raise, and for what is changed by standing around them."""


def native_only(reason: str) -> pytest.MarkDecorator:
    """Skip with the portable collector; the reason says what it cannot do."""
    return pytest.mark.skipif(PORTABLE, reason=f"the portable collector: {reason}")
