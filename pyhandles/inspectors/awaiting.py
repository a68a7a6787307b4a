"""asyncio's tasks, and what stands between a coroutine and what it waits for."""

from __future__ import annotations

TASKS = frozenset({"_asyncio.Task", "asyncio.tasks.Task", "asyncio.tasks._PyTask"})
"""Types of tasks: written in C, and in Python. Programs derive their own from them."""

PASSED_THROUGH = frozenset(
    {
        "_asyncio.FutureIter",
        "anext_awaitable",
        "async_generator_asend",
        "async_generator_athrow",
        "coroutine_wrapper",
    }
)
"""Iterators around the future, coroutine or asynchronous generator that they refer to before all else."""

WAITING = PASSED_THROUGH | {"async_generator", "builtin_function_or_method", "coroutine", "generator"}
"""What refers to a future because it waits for it, not because the future will be done from there."""

PARTS = {"asyncio.tasks._GatheringFuture": "_children", "asyncio.taskgroups.TaskGroup": "_tasks"}
"""What is done when some tasks are, and its attribute that has them."""

LOOP_FUNCTIONS = frozenset({"run_forever", "run_until_complete", "_run_once"})
"""Methods of an event loop in one of which a thread is while the loop runs there."""
