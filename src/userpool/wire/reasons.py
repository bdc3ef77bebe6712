"""What a NotAuthorizedException is about: the service has one name for twenty refusals, and only their texts differ.

Rules of this room: a text that is not known has no reason. A part of it is enough, in any case of letters, because the
service writes some of them in more than one way.

Sources: texts as collected from public reports; api:InitiateAuth, api:GetUser, api:ForgotPassword.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

__all__ = ["REASONS", "Reason", "reason_of"]

Reason: TypeAlias = Literal[
    "access_token_expired",
    "access_token_invalid",
    "access_token_revoked",
    "already_confirmed",
    "attribute_not_writable",
    "disabled",
    "only_administrators_reset",
    "only_administrators_sign_up",
    "refresh_token_expired",
    "refresh_token_invalid",
    "refresh_token_revoked",
    "reset_not_possible",
    "scope_missing",
    "secret_hash",
    "session_expired",
    "session_invalid",
    "temporary_password_expired",
    "too_many_attempts",
    "wrong_name_or_password",
]
"""What a NotAuthorizedException is about."""

REASONS: Final[frozenset[str]] = frozenset(get_args(Reason))
"""All of them."""

# The first that is found in the text counts.
_TEXTS: Final[tuple[tuple[str, Reason], ...]] = (
    ("incorrect username or password", "wrong_name_or_password"),
    ("password attempts exceeded", "too_many_attempts"),
    ("user is disabled", "disabled"),
    ("temporary password has expired", "temporary_password_expired"),
    ("user account has expired", "temporary_password_expired"),
    ("secret hash", "secret_hash"),
    ("secret_hash", "secret_hash"),
    ("secret was not received", "secret_hash"),
    ("session is expired", "session_expired"),
    ("invalid session for the user", "session_invalid"),
    ("session can only be used once", "session_invalid"),
    ("access token has expired", "access_token_expired"),
    ("access token has been revoked", "access_token_revoked"),
    ("invalid access token", "access_token_invalid"),
    ("does not have required scopes", "scope_missing"),
    ("refresh token has expired", "refresh_token_expired"),
    ("refresh token has been revoked", "refresh_token_revoked"),
    ("invalid refresh token", "refresh_token_invalid"),
    ("write unauthorized attribute", "attribute_not_writable"),
    ("user cannot be confirmed. current status is confirmed", "already_confirmed"),
    ("signup is not permitted", "only_administrators_sign_up"),
    ("contact administrator to reset password", "only_administrators_reset"),
    ("password cannot be reset in the current state", "reset_not_possible"),
)


def reason_of(code: str, message: str) -> Reason | None:
    """Return what a refusal is about, or None if it is no NotAuthorizedException or its text is not known."""
    if code != "NotAuthorizedException":
        return None
    text = message.lower()
    return next((reason for part, reason in _TEXTS if part in text), None)
