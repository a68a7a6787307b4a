from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pyhandles.findings.handles import Owner
from pyhandles.render.clean import clean, clean_text
from tests.render.answers import handle


def test_an_escape_sequence_is_shown_and_not_obeyed():
    assert clean_text("\x1b]0;owned\x07\x9b31m") == "\\x1b]0;owned\\x07\\x9b31m"


def test_a_name_that_breaks_lines_or_turns_the_direction_of_writing_stays_in_its_line():
    assert clean_text("a\nb\u2028c\u202ed") == "a\\nb\\u2028c\\u202ed"


def test_a_byte_that_is_no_text_can_be_encoded():
    assert clean_text("/tmp/\udcff").encode() == b"/tmp/\\udcff"


@given(st.text(st.characters()))
def test_nothing_is_left_that_a_terminal_acts_upon(text):
    assert not [c for c in clean_text(text) if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_ordinary_text_stays_as_it_is(text):
    assert clean_text(text) == text


def test_a_finding_is_cleaned_down_to_the_texts_within_its_parts():
    cleaned = clean([handle(target="a\x1bb", owners=(Owner(1, 2, "c\x07"),))])

    assert cleaned == [handle(target="a\\x1bb", owners=(Owner(1, 2, "c\\x07"),))]
