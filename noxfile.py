"""`nox` runs the tests on every supported Python that the machine has, and the checks once.

The Makefile knows how to set up, build and test; nox brings the interpreters.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=["3.11", "3.12", "3.13", "3.14", "3.15"])
def tests(session: nox.Session) -> None:
    session.run("make", "test", f"VENV={session.virtualenv.location}", external=True)


@nox.session(python=["3.11", "3.13", "3.15"])
def stress(session: nox.Session) -> None:
    """The recorder for a minute while everything goes on at once."""
    session.run("make", "build", f"VENV={session.virtualenv.location}", external=True)
    session.run("python", "-m", "tests.recorder.stress", "60", "64")


@nox.session(python=["3.11", "3.13"])
def suites(session: nox.Session) -> None:
    """The standard library's own tests while they are recorded."""
    session.run("make", "build", f"VENV={session.virtualenv.location}", external=True)
    session.run("python", "tools/standard_suites.py", *session.posargs)


@nox.session
def checks(session: nox.Session) -> None:
    session.run("make", "check", f"VENV={session.virtualenv.location}", external=True)
