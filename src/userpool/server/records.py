"""What a pool remembers, as frozen values.

Rules of the room: no I/O, no clock; a record is never changed, a new one is made. Instants are whole
milliseconds since the epoch and say so in their names. Secrets are not in records that are passed around:
they come sealed, on demand.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from userpool.wire.user_pool_clients import UserPoolClientType
from userpool.wire.user_pools import UserPoolType

UserStatus = Literal[
    "UNCONFIRMED", "CONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"
]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen value that is written as one JSON document."""


class Pool(Record, frozen=True, kw_only=True):
    """A user pool: what DescribeUserPool tells of it."""

    pool_id: str
    version: int
    description: UserPoolType

    @property
    def region(self) -> str:
        """Region the pool was made in: the part of its id before the underscore."""
        return self.pool_id.partition("_")[0]

    @property
    def short_name(self) -> str:
        """The part of the id after the underscore, as SRP and its signature use it."""
        return self.pool_id.partition("_")[2]


class Client(Record, frozen=True, kw_only=True):
    """An app client: what DescribeUserPoolClient tells of it, without its secret."""

    client_id: str
    pool_id: str
    version: int
    description: UserPoolClientType
    secret_sealed: bytes | None = None


class User(Record, frozen=True, kw_only=True):
    """A person of a pool. `sub` never changes and is the key of everything that belongs to the user."""

    sub: str
    pool_id: str
    username: str
    status: UserStatus
    created_ms: int
    modified_ms: int
    version: int = 1
    enabled: bool = True
    attributes: dict[str, str] = {}
    """Attribute values as text, `sub` not among them."""
    pending_attributes: dict[str, str] = {}
    """New values that count only once they are verified (AttributesRequireVerificationBeforeUpdate)."""
    temporary_password_expires_ms: int | None = None
    """When a password given by an administrator stops working; None for one the user chose."""
    signed_out_ms: int = 0
    """Access tokens issued before this instant are refused."""


class PasswordCredential(Record, frozen=True, kw_only=True):
    """What proves a password: the SRP salt and verifier. Sealed at rest."""

    salt: bytes
    verifier: bytes
    """g^x mod N, big-endian."""

    def __repr__(self) -> str:
        return "PasswordCredential(***)"


class Code(Record, frozen=True, kw_only=True):
    """A code that was sent and waits to be redeemed."""

    digest: str
    """Keyed digest of the code: a dump of the database doesn't tell it."""
    attribute: str | None = None
    """Attribute whose value the code proves: email or phone_number."""
    value: str | None = None
    """The value the code was sent to; a code doesn't verify another one."""
    wrong_tries: int = 0


class Attempts(Record, frozen=True, kw_only=True):
    """Consecutive failures of one kind."""

    failures: int = 0
    since_ms: int = 0
    """When the first (hourly limits) or the last (passwords) of them happened."""
    locked_until_ms: int = 0


class Session(Record, frozen=True, kw_only=True):
    """One sign-in of one user with one client, for as long as its refresh token lives.

    Revoking it means deleting it: access tokens carry its id as `origin_jti` and are refused when it is gone.
    """

    session_id: str
    sub: str
    client_id: str
    auth_time_ms: int
    expires_ms: int
    refresh_digest: str
    """Digest of the refresh token that is good now."""
    scope: str = "aws.cognito.signin.user.admin"
    previous_digest: str | None = None
    """Digest of the token that was rotated out, for the grace period and to notice reuse."""
    rotated_ms: int = 0


class Message(Record, frozen=True, kw_only=True):
    """A message to a person, waiting to leave. Sealed at rest, since it carries a code or a password."""

    message_id: str
    pool_id: str
    username: str
    sub: str
    medium: Literal["EMAIL", "SMS"]
    destination: str
    kind: str
    """What it is for, in the service's words: SignUp, ResendCode, ForgotPassword, AdminCreateUser, ..."""
    code: str
    subject: str
    text: str
    created_ms: int

    def __repr__(self) -> str:
        return f"Message(kind={self.kind!r}, medium={self.medium!r}, code=***)"
