"""What the trigger `threshold` costs where descriptors are made, and Python functions that audit hooks hear: a ratio.

    python benchmarks/threshold.py

The number that it watches is not reached: this is what a service pays that is well.
"""

from __future__ import annotations

import json

import measure

SERVICE = """
import json, os, socket, sys, timeit
import pyhandles

CALLS = {
    "open, close": lambda: open("/dev/null").close(),
    "os.open, os.close": lambda: os.close(os.open("/dev/null", os.O_RDONLY)),
    "socket, close": lambda: socket.socket().close(),
    "id": lambda: id(None),
    "sys._getframe": lambda: sys._getframe(),
}

def once(call):
    number = 20_000
    return timeit.timeit(call, number=number) / number * 1e6

if sys.argv[1] == "with":
    pyhandles.install(on=("threshold:900",))
for call in CALLS.values():
    once(call)
print(json.dumps({name: min(once(call) for _ in range(9)) for name, call in CALLS.items()}))
"""


def main() -> None:
    words = ("without", "with")
    runs = [[json.loads(measure.run("-c", SERVICE, word).output) for word in words] for _ in range(measure.REPEATS)]
    for name in runs[0][0]:
        without, with_it = (min(run[place][name] for run in runs) for place in range(len(words)))
        measure.tell(name, with_it, "us", baseline=without, of="without")


if __name__ == "__main__":
    main()
