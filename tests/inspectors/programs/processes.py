"""Opens what `multiprocessing` and `concurrent.futures` open, and tells the numbers."""

import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import resource_tracker, shared_memory

import pyhandles

NUMBERS = {}


def main():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    NUMBERS["queue's read end"] = queue._reader.fileno()
    NUMBERS["queue's write end"] = queue._writer.fileno()
    simple = context.SimpleQueue()
    NUMBERS["simple queue"] = simple._reader.fileno()
    ends = context.Pipe()
    NUMBERS["pipe"] = ends[0].fileno()
    memory = shared_memory.SharedMemory(create=True, size=100)
    NUMBERS["shared memory"] = memory._fd
    NUMBERS["tracker"] = resource_tracker._resource_tracker._fd
    pool = context.Pool(1)
    NUMBERS["pool"] = pool._inqueue._reader.fileno()
    executor = ProcessPoolExecutor(1, mp_context=context)
    executor.submit(time.time).result()
    NUMBERS["executor"] = executor._result_queue._reader.fileno()
    pyhandles.capture()
    print(json.dumps(NUMBERS))
    pool.terminate()
    executor.shutdown()
    memory.close()
    memory.unlink()


main()
