from __future__ import annotations

from hypothesis import settings

# No test asserts a time: machines differ.
settings.register_profile("pyhandles", deadline=None)
settings.load_profile("pyhandles")
