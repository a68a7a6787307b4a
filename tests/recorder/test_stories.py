"""The stories that only a recording can tell, as the examples tell them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import EXAMPLES, Outcome, ask, dumped

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

WIDENED = ("--widen", "write@recycled_fd.py:send=5")


def told(tmp_path: Path, example: str, *arguments: str, options: tuple[str, ...] = ()) -> Outcome:
    outcome = dumped(tmp_path, "--record", *options, "--", EXAMPLES / example, *arguments)
    assert outcome.status == 0, outcome
    return outcome


def place(example: str, text: str) -> str:
    """Where this text stands in the example, as a report names it."""
    lines = (EXAMPLES / example).read_text(encoding="utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if text in line]
    return f"{example}:{number} in "


def test_a_write_to_a_number_that_is_another_file_by_now_is_told_within_a_second(tmp_path: Path):
    outcome = told(tmp_path, "recycled_fd.py", options=WIDENED)
    [report] = re.findall(r"pyhandles: late use of.*\n(?:  .*\n)+", outcome.err)
    use, caller, closed, _, again, _ = report.splitlines()
    assert place("recycled_fd.py", "os.write(self.fd, reading)") + "send (thread" in use
    assert place("recycled_fd.py", "link.send(b") + "send_readings" in caller
    assert place("recycled_fd.py", "os.close(former)") in closed
    assert place("recycled_fd.py", "self.journal.open(") in again

    [misuse] = ask(outcome.snapshot(), "misuse")
    [told_of] = [row for row in misuse["rows"] if row["kind"] == "late use"]
    assert told_of["site"].endswith(place("recycled_fd.py", "os.write(self.fd, reading)") + "Link.send")


@pytest.mark.parametrize("options", [(), WIDENED])
def test_with_the_fix_no_delay_brings_it_back(tmp_path: Path, options: tuple[str, ...]):
    outcome = told(tmp_path, "recycled_fd.py", "--fixed", options=options)
    assert "; 0 readings have gone into the journal" in outcome.out
    assert "descriptor " not in outcome.err


def test_a_double_close_is_told_though_nothing_has_gone_wrong_yet(tmp_path: Path):
    outcome = told(tmp_path, "double_close.py")
    second = place("double_close.py", "os.close(descriptor)") + "close_quietly (thread"
    reports = re.findall(r"pyhandles: double close of.*\n(?:  .*\n)+", outcome.err)
    [report] = [report for report in reports if second in report.splitlines()[0]]  # others lost their files to it
    first = place("double_close.py", "with os.fdopen(") + "store"
    assert re.search(rf"  closed before at (\S*/)?({first}|{second.split(' (')[0]})", report), report
    assert re.search(rf"  opened at (\S*/)?{place('double_close.py', 'tempfile.mkstemp(')}store", report), report


@pytest.mark.parametrize("example", ["double_close.py", "close_storm.py"])
def test_the_fixed_ones_are_not_blamed(tmp_path: Path, example: str):
    assert "descriptor " not in told(tmp_path, example, "--fixed").err


def test_to_close_all_numbers_is_a_storm_but_no_misuse(tmp_path: Path):
    assert "descriptor " not in told(tmp_path, "close_storm.py", options=("--limit", "4096")).err


@pytest.mark.parametrize("example", ["recycled_fd.py", "double_close.py", "close_storm.py"])
def test_an_example_says_how_to_run_it(example: str):
    text = (EXAMPLES / example).read_text(encoding="utf-8")
    assert f"python -m pyhandles.dump --record -- examples/{example}" in text
    assert f"examples/{example} --fixed" in text
