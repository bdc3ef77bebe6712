"""The errors: one tree, picklable, in plain English, without secrets."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from userpool import errors
from userpool.errors import (
    ExpiredTokenError,
    GarbledAnswerError,
    MalformedTokenError,
    NoAnswerInTimeError,
    NotReachedError,
    NotSignedInError,
    TimestampError,
    TokenError,
    UserPoolError,
)

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if member.__module__ == errors.__name__
]


def example(kind: type[UserPoolError]) -> UserPoolError:
    if issubclass(kind, TokenError):
        return kind("iss", actual="https://there.example", expected="https://here.example")
    if issubclass(kind, GarbledAnswerError):
        return kind("Not JSON.", status=502)
    if issubclass(kind, TimestampError):
        return kind("The weekday is wrong.", well_formed=True)
    return kind("It did not work.")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_a_user_pool_error_and_is_exported(kind: type[Exception]) -> None:
    assert issubclass(kind, UserPoolError)
    assert kind.__name__ in errors.__all__


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling_with_all_it_carries(kind: type[UserPoolError]) -> None:
    error = example(kind)

    again = pickle.loads(pickle.dumps(error))  # noqa: S301

    assert type(again) is kind
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_drawn_in_the_tree_under_its_parent(kind: type[UserPoolError]) -> None:
    lines = (errors.__doc__ or "").splitlines()
    depth = {
        match[2]: len(match[1])
        for line in lines
        if (match := re.match(r"^    ([│├└─ ]*)(\w+(?:Error|Exception))\b", line))
    }

    assert kind.__name__ in depth
    if kind is not UserPoolError:
        parent = kind.__mro__[1].__name__
        assert depth[kind.__name__] == depth[parent] + 4


def test_a_token_error_says_what_was_found_and_what_was_expected() -> None:
    error = TokenError("aud", actual="theirs", expected="ours")

    assert (error.claim, error.actual, error.expected) == ("aud", "theirs", "ours")
    assert str(error) == "The token was refused: aud is 'theirs', expected 'ours'."


def test_a_token_error_may_know_only_one_side() -> None:
    assert str(MalformedTokenError("header", expected="a JSON object")) == (
        "The token is malformed: header, expected 'a JSON object'."
    )
    assert str(ExpiredTokenError("exp", actual=0)) == "The token has expired: exp is 0."


def test_a_huge_value_from_a_token_does_not_fill_the_log() -> None:
    error = TokenError("iss", actual="x" * 100_000, expected="y")

    assert len(str(error)) < 400
    assert error.actual == "x" * 100_000


def test_only_what_was_never_sent_is_always_safe_to_send_again() -> None:
    assert NotReachedError("No route.").retryable
    assert not NoAnswerInTimeError("Nothing came.").retryable
    assert not GarbledAnswerError("HTML came.").retryable


def test_not_signed_in_needs_no_words() -> None:
    assert str(NotSignedInError()) == "Nobody is signed in."


def test_the_module_opens_nothing_but_the_standard_library() -> None:
    source = Path(errors.__file__).as_posix()
    program = (
        "import importlib.util, sys\n"
        "before = set(sys.modules)\n"
        f"spec = importlib.util.spec_from_file_location('errors_alone', {source!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print(sorted(set(sys.modules) - before - set(sys.stdlib_module_names)))\n"
    )

    done: Any = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    others = [name for name in eval(done.stdout) if name.split(".")[0] not in sys.stdlib_module_names]  # noqa: S307
    assert others == []
