from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.wire.bounds import Bounds, checked_type, word_type


def test_a_text_is_held_to_its_length_and_its_pattern() -> None:
    kind = checked_type(Bounds(str, 1, 3, r"[0-9]+"))

    assert msgspec.convert("123", kind) == "123"
    for wrong in ("", "1234", "12a"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, kind)


def test_a_number_is_held_to_its_range() -> None:
    kind = checked_type(Bounds(int, 3, 15))

    assert [msgspec.convert(number, kind) for number in (3, 15)] == [3, 15]
    for wrong in (2, 16):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, kind)


@pytest.mark.parametrize("bounds", [Bounds(str, None, 3), Bounds(bytes, None, 3)])
def test_without_a_lower_bound_nothing_is_enough(bounds: Bounds) -> None:
    empty: Any = bounds.kind()

    assert msgspec.convert(empty, checked_type(bounds)) == empty


def test_a_word_is_one_of_those_listed() -> None:
    kind = word_type("OFF ON")

    assert msgspec.convert("ON", kind) == "ON"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("on", kind)


def test_the_rule_goes_along_in_the_words_of_the_service() -> None:
    quoted = [checked_type(Bounds(str, None, None, r"[\S]+")), word_type("OFF ON")]

    assert [kind.__metadata__[0].extra for kind in quoted] == [{"rule": r"[\S]+"}, {"rule": "OFF, ON"}]
