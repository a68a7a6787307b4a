"""The extension module, which pyproject.toml cannot describe; everything else is there.

Where it cannot be compiled it is left out, and pyhandles does without.

PYHANDLES_REQUIRE_NATIVE=1  fails the build instead
PYHANDLES_WERROR=1          a compiler's warning is an error
"""

import os
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

here = Path(__file__).parent
native = Path("pyhandles", "dump", "_native")


def sources(pattern: str) -> list[str]:
    return sorted(str(path.relative_to(here)) for path in (here / native).glob(pattern))


required = os.environ.get("PYHANDLES_REQUIRE_NATIVE") == "1"
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
if free_threaded:
    message = "pyhandles: free-threaded builds of CPython are not captured yet: the extension is left out"
    if required:
        sys.exit(message)
    print(message, file=sys.stderr)  # noqa: T201 - whoever installs reads it

warnings_fail = ["-Werror"] if os.environ.get("PYHANDLES_WERROR") == "1" else []

setup(
    ext_modules=[]
    if free_threaded
    else [
        Extension(
            "pyhandles.dump._native",
            sources=sources("**/*.c"),
            depends=[*sources("**/*.h"), *sources("**/*.def")],
            extra_compile_args=["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", *warnings_fail],
            # No symbol is bound lazily: the child of a capture must not enter the dynamic linker.
            extra_link_args=["-Wl,-z,now"],
            optional=not required,
        ),
    ],
)
