"""A service whose helper processes spend their time closing what was never open.

    python -m pyhandles.dump --record -- examples/close_storm.py
    python -m pyhandles.dump --record -- examples/close_storm.py --fixed

For each job the service forks a helper, which must not keep the service's connections open; so it closes every number
that a descriptor could have, as daemons have done since the days when there were twenty. With a limit of a million
that is a million system calls a job, of which all but a few fail. No profiler of the service sees it, as the helpers
end with `os._exit`; `calls` names the line, how many of its calls failed, and the run of numbers. `--fixed` has the
kernel close them all by one call.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

JOBS = 3
MOST = 1 << 20


def highest_number() -> int:
    """One more than the highest number that a descriptor can have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)


def detach(end: int, *, fixed: bool) -> None:
    """Let go of all that the service has open, but for the standard three."""
    if fixed:
        os.closerange(3, end)
        return
    for number in range(3, end):
        with suppress(OSError):
            os.close(number)


def run_helper(job: int, *, fixed: bool) -> None:
    child = os.fork()
    if child == 0:
        detach(highest_number(), fixed=fixed)
        os._exit(job % 256)
    os.waitpid(child, 0)


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    files = [Path(os.devnull).open("rb") for _ in range(20)]  # noqa: SIM115 - what a service has open
    started = time.perf_counter()
    for job in range(JOBS):
        run_helper(job, fixed=fixed)
    for file in files:
        file.close()
    print(f"{JOBS} jobs in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
