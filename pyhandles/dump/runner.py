"""``python -m pyhandles.dump``: installs the triggers, then runs a program as Python itself would.

The program finds its own ``sys.argv``, ``sys.path[0]`` and ``__main__``; its exceptions travel on through the
interpreter, so that its exit status, ``-i`` and a Ctrl-C end as they would without us; and a traceback begins with
the program's own frame.
"""

from __future__ import annotations

import resource
import sys

from pyhandles.dump import programs
from pyhandles.dump.arguments import Arguments, parse
from pyhandles.dump.installation import DEFAULT_PATH, install
from pyhandles.errors import PyhandlesError


def main() -> None:
    """Run the program of the command line. Exits 2 where the command line asks for what cannot be done."""
    arguments = parse(sys.argv[1:])
    program = _prepare(arguments)
    _run(program)


def _prepare(arguments: Arguments) -> programs.Program:
    program = programs.named(arguments.program)
    program.settle()
    path = (arguments.path or DEFAULT_PATH).replace("{name}", program.name)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        _check_limit(arguments.limit, hard)
        install(
            path,
            arguments.on,
            keys=arguments.keys,
            redact=arguments.redact,
            quiet=arguments.quiet,
            fork=arguments.fork,
        )
    except PyhandlesError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"pyhandles: {error}{hint}", file=sys.stderr)  # noqa: T201 - a command line's mistake
        sys.exit(2)
    if arguments.limit is not None:
        # Last, for what is imported on the way here opens files.
        resource.setrlimit(resource.RLIMIT_NOFILE, (arguments.limit, hard))
    return program


def _check_limit(limit: int | None, hard: int) -> None:
    if limit is not None and hard != resource.RLIM_INFINITY and limit > hard:
        raise PyhandlesError(f"--limit {limit} is above the hard limit of {hard} descriptors")


def _run(program: programs.Program) -> None:
    try:
        program.run()
    except SystemExit:
        raise
    except BaseException as error:
        _hide_own_frames(error)
        raise


def _hide_own_frames(error: BaseException) -> None:
    """Have the interpreter show the exception, which is on its way there, as if the program alone had been running."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__package__") == __package__:
        trace = trace.tb_next
    hook = sys.excepthook

    def show(kind: type[BaseException], value: BaseException, _: object) -> None:
        sys.excepthook = hook
        sys.last_traceback = trace
        hook(kind, value.with_traceback(trace), trace)

    sys.excepthook = show
