"""What `pyhandles.calls()` costs, which a service may ask every second: processor time, without and with many sites.

python benchmarks/calls.py
"""

from __future__ import annotations

import json

import measure

SERVICE = """
import json, os, statistics, sys, time
import pyhandles

ROUNDS = 200
sites, record = int(sys.argv[1]), sys.argv[2] == "record"
pyhandles.install(on=(), record=record)
lines = "fd = os.open('/dev/null', os.O_RDONLY)\\nos.close(fd)\\n" * (sites // 2)
exec(compile(lines, "/srv/application/package/module.py", "exec"))

def once():
    started = time.process_time()
    for _ in range(ROUNDS):
        pyhandles.calls()
    return (time.process_time() - started) / ROUNDS * 1e6

once()
print(json.dumps([len(pyhandles.calls().sites), statistics.median(once() for _ in range(5))]))
"""

CASES = {"nothing recorded": (0, "idle"), "recorded, no site": (0, "record"), "recorded, 500 sites": (500, "record")}


def main() -> None:
    for name, (sites, how) in CASES.items():
        there, cost = json.loads(measure.run("-c", SERVICE, str(sites), how).output)
        assert there == sites
        measure.tell(f"calls(), {name}", cost, "µs", limit="(at most 200)" if sites else "")


if __name__ == "__main__":
    main()
