"""The collector is paused from the failing call to the end of the capture, and nobody notices."""

from __future__ import annotations

from pathlib import Path

from tests.endtoend.service import ask, service

SOURCE = """
    import gc, os
    import pyhandles
    pyhandles.install()
    opened = []
    try:
        while True:
            opened.append(open(os.devnull))
    except OSError:
        print(gc.isenabled())
    opened.clear()
"""


def test_the_service_has_its_collector_back_and_the_snapshot_tells_that_it_was_enabled(tmp_path: Path):
    for expected, before in ((True, ""), (False, "import gc; gc.disable()\n")):
        folder = tmp_path / str(expected)
        folder.mkdir()
        outcome = service(folder, before + "if True:" + SOURCE, limit=64, PYHANDLES_COLLECTOR="portable")
        [summary] = ask(outcome.snapshot(), "summary")

        assert outcome.out == f"{expected}\n"
        assert summary["trigger"] == "emfile"
        assert summary["gc"]["enabled"] is expected
