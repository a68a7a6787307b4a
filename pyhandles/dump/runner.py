"""``python -m pyhandles.dump``: installs the triggers, then has a program run as Python itself would run it.

With the native extension the interpreter starts over with the program: what the program sees of it, and others of the
program, is what it is without us. Where the extension is not there, or where somebody waits for our return, Python code
of ours does what the interpreter does, and its frames are beneath the program's.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

from pyhandles.dump.arguments import parse
from pyhandles.dump.collectors import collector
from pyhandles.dump.installation import install, uninstall
from pyhandles.dump.paths import template_for
from pyhandles.dump.programs import named, settle
from pyhandles.dump.recording import widen
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from types import FrameType

    from pyhandles.dump.arguments import Arguments
    from pyhandles.dump.programs import Program


def main() -> None:
    """Run the program of the command line. Exits 2 where the command line asks for what cannot be done."""
    arguments = parse(sys.argv[1:])
    try:
        program = _prepare(arguments)
        become = getattr(collector(), "become", None)
    except PyhandlesError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"pyhandles: {error}{hint}", file=sys.stderr)  # noqa: T201 - a command line's mistake
        sys.exit(2)
    if become is not None and _is_all_that_runs():
        become(program.file, program.module, program.code, program.argv)
    from pyhandles.dump import imitation  # noqa: PLC0415 - mostly it is not needed

    imitation.run(program)


def _prepare(arguments: Arguments) -> Program:
    try:
        program = named(arguments.program)
    except FileNotFoundError:
        raise PyhandlesError("the current directory is not there any more", hint="go to another one") from None
    if program.is_there():
        _install(arguments, program.name)
    settle(program)
    return program


def _install(arguments: Arguments, name: str) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if arguments.limit is not None and hard != resource.RLIM_INFINITY and arguments.limit > hard:
        raise PyhandlesError(
            f"--limit {arguments.limit} is above the hard limit of {hard} descriptors",
            hint="take a lower one, or have the hard one raised: ulimit -Hn",
        )
    install(
        template_for(arguments.path).replace("{name}", name),
        arguments.on,
        keys=arguments.keys,
        redact=arguments.redact,
        quiet=arguments.quiet,
        fork=arguments.fork,
        record=arguments.record,
        misuse=arguments.misuse,
    )
    try:
        for each in arguments.widen:
            widen(each.call, site=each.site, milliseconds=each.milliseconds)
    except PyhandlesError:
        uninstall()  # or there would be a snapshot of a program that has never run
        raise
    if arguments.limit is not None:
        # Last, for what is imported on the way here opens files.
        resource.setrlimit(resource.RLIMIT_NOFILE, (arguments.limit, hard))


def _is_all_that_runs() -> bool:
    """Is there no profiler, debugger or other runner that has called us, and goes on after the program?"""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - inspect is much to import
    callers = []
    while frame is not None:
        callers.append(frame.f_code.co_name)
        frame = frame.f_back
    return callers == ["main", "<module>", "_run_code", "_run_module_as_main"]
