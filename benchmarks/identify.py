"""How long `pyhandles shell F -c "identify N"` takes from a cold start, on a million tracked objects.

    python benchmarks/identify.py

Within 2 s and 1 GB. The baseline is a start that only imports the libraries.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import heap
import measure
import pyhandles


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory, "identify.pkl"))
        service = heap.build()
        pyhandles.capture(path)
        number = service[1][-1].sock.fileno()
        del service

        identify = ("-m", "pyhandles", "shell", path, "-c", f"identify {number}")
        print(measure.run(*identify).output.decode())
        imports, answer = measure.medians(
            lambda: measure.run("-c", "import numpy, scipy.sparse.csgraph, networkx, rich.table").seconds,
            lambda: measure.run(*identify).seconds,
        )
        memory = measure.median(lambda: measure.run(*identify).peak_rss_bytes / 1e6)
    measure.tell("identify, cold", answer, "s", baseline=imports, of="the imports alone", limit="(at most 2 s)")
    measure.tell("its peak memory", memory, "MB", limit="(at most 1000)")


if __name__ == "__main__":
    main()
