"""What `import pyhandles; pyhandles.install()` adds to the start of an interpreter: at most 30 ms.

python benchmarks/install.py
"""

from __future__ import annotations

import measure

# Both end at once, so that neither an exit capture nor the tearing down counts.
BARE = "import os; os._exit(0)"
INSTALLED = "import os, pyhandles; pyhandles.install(); os._exit(0)"


def main() -> None:
    for code in (BARE, INSTALLED):  # Have the files in memory, and compiled.
        measure.run("-c", code)
    bare, installed = measure.medians(
        lambda: 1000 * measure.run("-c", BARE).seconds,
        lambda: 1000 * measure.run("-c", INSTALLED).seconds,
    )
    measure.tell("start with install()", installed, "ms", baseline=bare, of="a bare start")
    measure.tell("added by install()", installed - bare, "ms", limit="(at most 30)")


if __name__ == "__main__":
    main()
