"""What a NotAuthorizedException is about."""

from __future__ import annotations

import pytest

from userpool.wire.faults import InvalidParameterException, NotAuthorizedException
from userpool.wire.reasons import REASONS, reason_of

# The texts in full, as the service was seen to write them.
SEEN = {
    "Incorrect username or password.": "wrong_name_or_password",
    "Password attempts exceeded": "too_many_attempts",
    "User is disabled.": "disabled",
    "User is disabled": "disabled",
    "Temporary password has expired and must be reset by an administrator.": "temporary_password_expired",
    "User account has expired, it must be reset by an administrator.": "temporary_password_expired",
    "Unable to verify secret hash for client 7ghr": "secret_hash",
    "Client 7ghr is configured with secret but SECRET_HASH was not received": "secret_hash",
    "Client 7ghr is configured for secret but secret was not received": "secret_hash",
    "Invalid session for the user, session is expired.": "session_expired",
    "Invalid session for the user.": "session_invalid",
    "Invalid session for the user, session can only be used once.": "session_invalid",
    "Access Token has expired": "access_token_expired",
    "Access Token has been revoked": "access_token_revoked",
    "Invalid Access Token": "access_token_invalid",
    "Access Token does not have required scopes": "scope_missing",
    "Refresh Token has expired": "refresh_token_expired",
    "Refresh Token has been revoked": "refresh_token_revoked",
    "Invalid Refresh Token": "refresh_token_invalid",
    "Invalid Refresh Token.": "refresh_token_invalid",
    "A client attempted to write unauthorized attribute": "attribute_not_writable",
    "User cannot be confirmed. Current status is CONFIRMED": "already_confirmed",
    "SignUp is not permitted for this user pool": "only_administrators_sign_up",
    "Contact administrator to reset password.": "only_administrators_reset",
    "User password cannot be reset in the current state.": "reset_not_possible",
}


@pytest.mark.parametrize(("text", "reason"), SEEN.items())
def test_a_text_has_one_reason(text: str, reason: str) -> None:
    assert NotAuthorizedException(text).reason == reason


def test_every_reason_was_seen() -> None:
    assert set(SEEN.values()) == REASONS


def test_what_is_not_known_has_no_reason() -> None:
    assert NotAuthorizedException("The moon is not full.").reason is None
    assert NotAuthorizedException("").reason is None


def test_only_one_name_needs_reasons() -> None:
    assert InvalidParameterException("User is disabled.").reason is None
    assert reason_of("UnknownServiceException", "User is disabled.") is None
