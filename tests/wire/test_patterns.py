from __future__ import annotations

import re
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.wire.patterns import PATTERNS

VISIBLE = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"
WITH_CODE = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"
WITH_LINK = (
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"
)
ADDRESS = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+"


def test_every_pattern_takes_what_fits_and_refuses_what_does_not(pattern_examples: Any) -> None:
    for pattern, (fitting, unfitting) in pattern_examples.items():
        found = re.compile(PATTERNS[pattern]).search

        assert [text for text in fitting if not found(text)] == [], pattern
        assert [text for text in unfitting if found(text)] == [], pattern


def test_there_are_examples_for_every_pattern(pattern_examples: Any) -> None:
    assert set(pattern_examples) == set(PATTERNS)


# Of an unassigned code point a later version of Unicode may say anything.
@given(st.characters(exclude_categories=["Cn", "Cs"]))
def test_visible_are_letters_marks_symbols_numbers_and_punctuation(character: str) -> None:
    visible = bool(re.search(PATTERNS[VISIBLE], character))

    assert visible == (unicodedata.category(character)[0] in "LMSNP")


@given(st.text("{}#a \u00a0\n", max_size=14))
def test_the_linear_form_of_a_message_decides_like_the_plain_one(text: str) -> None:
    plain = r"[{}#a \n]*\{####\}[{}#a \n]*"

    assert bool(re.search(PATTERNS[WITH_CODE], text)) == bool(re.fullmatch(plain, text))


@given(st.text("{}#a \u00a0", max_size=14))
def test_the_linear_form_of_a_link_decides_like_the_plain_one(text: str) -> None:
    plain = r"[{}#a ]*\{##[{}#a ]*##\}[{}#a ]*"

    assert bool(re.search(PATTERNS[WITH_LINK], text)) == bool(re.fullmatch(plain, text))


@given(st.text("@a ", max_size=8))
def test_the_linear_form_of_an_address_decides_like_the_plain_one(text: str) -> None:
    assert bool(re.search(PATTERNS[ADDRESS], text)) == bool(re.fullmatch("[@a]+@[@a]+", text))


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("unit", ["{####}", "{##", "@", "a", "_", "a:", ".", "-"])
def test_no_hostile_text_makes_a_pattern_slow(pattern: str, unit: str) -> None:
    found = re.compile(PATTERNS[pattern]).search
    hostile = unit * (60_000 // len(unit)) + "\x00"

    started = time.process_time()
    found(hostile)

    # Backtracking over this takes minutes; a linear search takes a few milliseconds.
    assert time.process_time() - started < 2
