"""The extension module, which pyproject.toml cannot describe; everything else is there.

PYHANDLES_REQUIRE_NATIVE=1  a failure to compile fails the build, instead of leaving the native collector out
PYHANDLES_WERROR=1          a compiler's warning is an error
"""

import os
from pathlib import Path

from setuptools import Extension, setup

here = Path(__file__).parent
native = Path("pyhandles", "dump", "_native")


def sources(pattern: str) -> list[str]:
    return sorted(str(path.relative_to(here)) for path in (here / native).glob(pattern))


warnings_fail = ["-Werror"] if os.environ.get("PYHANDLES_WERROR") == "1" else []

setup(
    ext_modules=[
        Extension(
            "pyhandles.dump._native",
            sources=sources("*.c"),
            depends=sources("*.h"),
            extra_compile_args=["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", *warnings_fail],
            # No symbol is bound lazily: the child of a capture must not enter the dynamic linker.
            extra_link_args=["-Wl,-z,now"],
            optional=os.environ.get("PYHANDLES_REQUIRE_NATIVE") != "1",
        ),
    ],
)
