"""Records as JSON documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError

from userpool.server.database.documents import from_document, to_document
from userpool.server.records import Attempts, Code, Session, User

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    username=TEXT,
    attributes=st.dictionaries(TEXT, TEXT, max_size=4),
    status=st.sampled_from(["UNCONFIRMED", "CONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD"]),
    expires_ms=st.none() | st.integers(0, 2**53),
)
def test_a_user_is_read_as_it_was_written(
    username: str, attributes: dict[str, str], status: str, expires_ms: int | None
) -> None:
    user = User(
        sub="s",
        pool_id="p",
        username=username,
        status=status,  # type: ignore[arg-type]
        created_ms=1,
        modified_ms=2,
        attributes=attributes,
        temporary_password_expires_ms=expires_ms,
    )

    assert from_document(User, to_document(user)) == user


def test_what_is_as_always_is_not_written() -> None:
    assert json.loads(to_document(Attempts())) == {}
    assert json.loads(to_document(Code(digest="d"))) == {"digest": "d"}


def test_a_member_that_a_later_release_added_is_passed_over() -> None:
    assert from_document(Code, '{"digest":"d","colour":"green"}') == Code(digest="d")


def test_a_document_of_another_kind_is_not_taken_for_this_one() -> None:
    with pytest.raises(ValidationError):
        from_document(Session, '{"digest":"d"}')
