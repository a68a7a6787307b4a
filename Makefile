# make demo           the story: a client leaks sockets until it dies; pyhandles says what holds them
# make test           all tests: natively, then with the portable collector
# make test-native    one of the two; either takes arguments    (make test-native ARGS="-k story -x -n0 --pdb")
# make test-portable
# make check          lint, types and the direction of imports
# make valgrind       the extension under valgrind
# make sanitize       its tests with the compiler's sanitisers
# make debug-build    its tests with a debug build of Python, which counts references: PYTHON_DEBUG=/path/to/python3.11-dbg
# make installations  what is built, installed in every way
#
# Needs CPython 3.11 or newer and a C compiler. Everything goes into .venv; a second run starts at once.

# The first interpreter that will do, so that an old `python3` is no obstacle where a newer one stands beside it.
PYTHON ?= $(shell for python in python3 python3.15 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin

NATIVE := $(wildcard $(addprefix pyhandles/dump/_native/,*.c *.h recorder/*.c recorder/*.h recorder/*.def kernel/*.c kernel/*.h))

.DEFAULT_GOAL := help
.PHONY: help demo test test-native test-portable valgrind sanitize debug-build installations check lint format types layers build clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^$$/,$$d'

demo: build
	@$(BIN)/pyhandles demo

test: test-native test-portable

# As many at a time as there are processors, within reason: most of the tests wait for processes of their own.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# The tests about one collector choose it themselves, and run once.
test-native: build
	$(PYTEST) --ignore tests/portable $(ARGS)

# All that has to do with a collector.
test-portable: build
	PYHANDLES_COLLECTOR=portable $(PYTEST) $(foreach name,native graph render snapshot,--ignore tests/$(name)) $(ARGS)

valgrind sanitize: build
	tools/memory-checks $@ $(BIN)/python

PYTHON_DEBUG ?= python3.11-dbg

# A debug build shows every warning by itself; the tests are about what is written without.
debug-build:
	@$(MAKE) --no-print-directory build PYTHON=$(PYTHON_DEBUG) VENV=.venv-debug
	PYTHONWARNINGS=ignore .venv-debug/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --hypothesis-profile few $(or $(ARGS),tests/native)

installations: build
	$(BIN)/python tools/installations.py

check: lint format types layers

lint: $(VENV)/dev
	$(BIN)/ruff check --output-format concise

format: $(VENV)/dev
	$(BIN)/ruff format --check --output-format concise

types: $(VENV)/dev
	$(BIN)/mypy

layers: $(VENV)/dev
	$(BIN)/lint-imports

build: $(VENV)/built

# Compiles in place: the checkout is what runs.
$(VENV)/built: $(VENV)/installed setup.py $(NATIVE)
	@echo "Compiling the extension for $$($(BIN)/python -V)"
	@PYHANDLES_REQUIRE_NATIVE=1 $(BIN)/python setup.py --quiet build_ext --inplace
	@touch $@

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "Installing what pyhandles needs into $(VENV)"
	@$(BIN)/python -m pip install --quiet 'setuptools>=77'
	@$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[test]'
	@touch $@

$(VENV)/dev: pyproject.toml | $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "pyhandles needs CPython 3.11 or newer, and $(if $(PYTHON),$(PYTHON) is not that,found none). Name one: make demo PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' || { \
		echo "$(PYTHON) has no C headers (Python.h). On Debian and Ubuntu: apt install python3-dev. Fedora: dnf install python3-devel"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build pyhandles/dump/_native.*.so *.egg-info
