"""Records show no secrets and survive being written down."""

from __future__ import annotations

from userpool.server.database.documents import from_document, to_document
from userpool.server.records import Message, PasswordCredential, Pool, User
from userpool.wire.user_pools import UserPoolType


def test_a_user_is_the_same_after_it_was_written_down() -> None:
    user = User(
        sub="0e6b5a5c-0000-4000-8000-000000000000",
        pool_id="eu-west-1_AbCdEfGhI",
        username="ann",
        status="CONFIRMED",
        created_ms=1,
        modified_ms=2,
        attributes={"email": "ann@example.com", "custom:team": "ä\u2028\U0001f600"},
        pending_attributes={"email": "new@example.com"},
        temporary_password_expires_ms=3,
    )

    assert from_document(User, to_document(user)) == user


def test_a_credential_shows_nothing() -> None:
    assert repr(PasswordCredential(salt=b"salt", verifier=b"verifier")) == "PasswordCredential(***)"


def test_a_message_shows_neither_its_code_nor_its_text() -> None:
    message = Message(
        message_id="1",
        pool_id="p",
        username="ann",
        sub="s",
        medium="EMAIL",
        destination="ann@example.com",
        kind="SignUp",
        code="481516",
        subject="Your verification code",
        text="Your confirmation code is 481516",
        created_ms=0,
    )

    assert "481516" not in repr(message)


def test_a_pool_knows_its_region_and_its_short_name() -> None:
    pool = Pool(pool_id="eu-west-1_AbCdEfGhI", version=1, description=UserPoolType())

    assert pool.region == "eu-west-1"
    assert pool.short_name == "AbCdEfGhI"
