"""Who imports whom, read from the sources: `make check` holds the finer contracts of pyproject.toml."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pyhandles"
LIGHT = [PACKAGE / "__init__.py", PACKAGE / "errors.py", PACKAGE / "format.py", *sorted(PACKAGE.glob("dump/**/*.py"))]
PARTS = ("snapshot", "graph", "inspectors", "findings", "loaded", "render", "shell")
HEAVY = [path for part in PARTS for path in sorted(PACKAGE.glob(f"{part}/**/*.py"))]


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at the top or within a function, for the type checker's sake or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_light_half_imports_the_standard_library_and_itself(path: Path):
    own = {"pyhandles", "pyhandles.errors", "pyhandles.format"}
    allowed = {"pyhandles.loaded"} if path == PACKAGE / "__init__.py" else set()  # for the type checker
    if path.name == "census.py":
        allowed |= {"objgraph"}  # for those who ask for a census
    for name in imports(path):
        stdlib = name.partition(".")[0] in sys.stdlib_module_names
        assert (
            stdlib or name.partition(".")[0] in allowed or name in own | allowed or name.startswith("pyhandles.dump")
        ), f"{path} imports {name}"


@pytest.mark.parametrize("path", HEAVY, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_heavy_half_never_imports_the_light_one(path: Path):
    assert not [name for name in imports(path) if name.startswith("pyhandles.dump")]
