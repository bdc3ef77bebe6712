"""What an identity pool gives: AWS credentials for a while, or a token to be exchanged for some.

Sources: api:GetCredentialsForIdentity, api:GetOpenIdToken.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from userpool.tokens.claims import read_claims
from userpool.values import Value

__all__ = ["IdentityCredentials", "IdentityToken"]


class IdentityCredentials(Value, frozen=True, kw_only=True):
    """AWS credentials of one identity; of the key only its id is ever shown.

    They can be handed to whatever takes AWS credentials, and expire after about an hour.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"secret_access_key", "session_token"})

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_epoch: float
    identity_id: str

    @property
    def expires_at(self) -> datetime:
        """When they expire, on the service's clock."""
        return datetime.fromtimestamp(self.expires_epoch, UTC)


class IdentityToken(Value, frozen=True, kw_only=True):
    """What an identity shows to AssumeRoleWithWebIdentity; the token is never shown here."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"token"})

    token: str
    identity_id: str

    @property
    def expires_epoch(self) -> float:
        """When it expires, in epoch seconds; 0 if it does not tell."""
        return float(read_claims(self.token).expires_at or 0)
