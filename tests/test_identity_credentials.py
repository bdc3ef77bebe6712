"""What an identity pool gives."""

from __future__ import annotations

from datetime import UTC, datetime

from userpool.identity_credentials import IdentityCredentials, IdentityToken
from userpool.transport.scripted import token_text


def test_credentials_tell_when_they_expire_and_keep_their_secrets() -> None:
    given = IdentityCredentials(
        access_key_id="ASIA1",
        secret_access_key="hidden 1",
        session_token="hidden 2",
        expires_epoch=1_767_268_800.5,
        identity_id="us-east-1:1",
    )

    assert given.expires_at == datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)
    assert "hidden" not in repr(given)


def test_a_token_tells_when_it_expires_if_it_does() -> None:
    assert IdentityToken(token=token_text({"exp": 5}), identity_id="i").expires_epoch == 5
    assert IdentityToken(token=token_text({}), identity_id="i").expires_epoch == 0
