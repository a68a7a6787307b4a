"""Files: the layers that ``open()`` puts around a descriptor, and those of `codecs`."""

from __future__ import annotations

WRAPPERS = frozenset(
    {
        "_io.BufferedRandom",
        "_io.BufferedReader",
        "_io.BufferedRWPair",
        "_io.BufferedWriter",
        "_io.TextIOWrapper",
        "_pyio.BufferedRandom",
        "_pyio.BufferedReader",
        "_pyio.BufferedRWPair",
        "_pyio.BufferedWriter",
        "_pyio.TextIOWrapper",
        "codecs.StreamReader",
        "codecs.StreamReaderWriter",
        "codecs.StreamRecoder",
        "codecs.StreamWriter",
    }
)
