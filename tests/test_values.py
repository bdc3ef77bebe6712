"""What every value of the SDK is made of."""

from __future__ import annotations

import pickle
from typing import ClassVar

import pytest

from userpool.values import Value


class Letter(Value, frozen=True):
    """A value with a secret."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"text"})

    to: str
    text: str = ""


def test_a_secret_is_not_shown() -> None:
    letter = Letter("alice", "meet me at noon")

    assert repr(letter) == "Letter(to='alice')"
    assert letter.__rich_repr__() == [("to", "alice")]


def test_a_value_cannot_be_changed() -> None:
    letter = Letter("alice")

    with pytest.raises(AttributeError):
        letter.to = "bob"  # type: ignore[misc]


def test_values_with_the_same_content_are_equal() -> None:
    assert Letter("alice", "a") == Letter("alice", "a")
    assert Letter("alice", "a") != Letter("alice", "b")
    assert hash(Letter("alice", "a")) == hash(Letter("alice", "a"))


def test_values_match_patterns_and_can_be_pickled() -> None:
    match pickle.loads(pickle.dumps(Letter("alice", "a"))):  # noqa: S301 - it is our own
        case Letter(to=to, text=text):
            assert (to, text) == ("alice", "a")
        case _:
            pytest.fail("another kind came back")
