"""What a pool remembers, as frozen values.

Rules of the room: no I/O, no clock; a record is never changed, a new one is made. Instants are whole
milliseconds since the epoch and say so in their names. Secrets are not in records that are passed around:
they come sealed, on demand.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from userpool.wire.identity_pools import IdentityPool as IdentityPoolDescription
from userpool.wire.identity_pools import RoleMapping, SetPrincipalTagAttributeMapResponse
from userpool.wire.mfa import EmailMfaConfigType, WebAuthnConfigurationType
from userpool.wire.user_pool_clients import UserPoolClientType
from userpool.wire.user_pools import UserPoolType

UserStatus = Literal[
    "UNCONFIRMED", "CONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"
]


MfaMethod = Literal["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"]
"""A second factor, in the words of UserMFASettingList."""


MessageKind = Literal[
    "SignUp",
    "ResendCode",
    "ForgotPassword",
    "UpdateUserAttribute",
    "VerifyUserAttribute",
    "Authentication",
    "AdminCreateUser",
]
"""What a message is for, in the service's words."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen value that is written as one JSON document."""


class PoolFactors(Record, frozen=True, kw_only=True):
    """The second factors of a pool that are switched on, as GetUserPoolMfaConfig tells them."""

    sms: bool = False
    software_token: bool = False
    email: EmailMfaConfigType | None = None
    """The message of e-mail codes, empty for the standard one; None while e-mail is no factor."""
    webauthn: WebAuthnConfigurationType | None = None


class Pool(Record, frozen=True, kw_only=True):
    """A user pool: what DescribeUserPool tells of it, and its second factors."""

    pool_id: str
    version: int
    description: UserPoolType
    factors: PoolFactors = PoolFactors()

    @property
    def region(self) -> str:
        """Region the pool was made in: the part of its id before the underscore."""
        return self.pool_id.partition("_")[0]

    @property
    def short_name(self) -> str:
        """The part of the id after the underscore, as SRP and its signature use it."""
        return self.pool_id.partition("_")[2]


class AddedSecret(Record, frozen=True, kw_only=True):
    """A second secret of an app client, while the one before is replaced."""

    created_ms: int
    sealed: bytes

    def __repr__(self) -> str:
        return "AddedSecret(***)"


class Client(Record, frozen=True, kw_only=True):
    """An app client: what DescribeUserPoolClient tells of it, without its secrets."""

    client_id: str
    pool_id: str
    version: int
    description: UserPoolClientType
    secret_sealed: bytes | None = None
    secret_created_ms: int | None = None
    """None for a secret as old as the client."""
    added_secret: AddedSecret | None = None


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
    mfa_methods: list[MfaMethod] = []
    """Second factors that are switched on, as UserMFASettingList tells them."""
    preferred_mfa: MfaMethod | None = None
    mfa_options: list[str] = []
    """Attributes to which SetUserSettings, the older way, switched SMS codes on: `phone_number`."""
    has_software_token: bool = False
    """Whether an authenticator was verified, be it switched on or not; its seed is a sealed credential."""


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
    earlier_digests: dict[str, int] = {}
    """Digests of the tokens rotated out before that one, and when; only those that may still have their grace."""
    device_key: str | None = None
    """The device that this sign-in was given or came from; a refresh has to name it."""
    device_group_key: str | None = None
    """Beside the key of a device that this sign-in was given, until it is confirmed."""


class Device(Record, frozen=True, kw_only=True):
    """A device of one user. Its SRP verifier comes sealed, on demand."""

    sub: str
    device_key: str
    group_key: str
    name: str | None = None
    is_remembered: bool = False
    created_ms: int
    modified_ms: int
    authenticated_ms: int
    """When it last took part in a sign-in."""
    last_ip: str | None = None


class DeviceVerifier(Record, frozen=True, kw_only=True):
    """What proves a device: the salt and verifier it made for itself (ConfirmDevice). Sealed at rest."""

    salt: bytes
    verifier: bytes
    """Big-endian, as the device sent it."""

    def __repr__(self) -> str:
        return "DeviceVerifier(***)"


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
    is_html: bool = False
    """Whether the text of an e-mail is HTML."""
    function: Literal["CustomEmailSender", "CustomSMSSender"] | None = None
    """The trigger whose function delivers it; None leaves that to this server."""
    client_id: str | None = None
    """The app client through which it came about, for that function."""
    client_metadata: dict[str, str] | None = None
    """Of the request that made it due, for that function."""

    def __repr__(self) -> str:
        return f"Message(kind={self.kind!r}, medium={self.medium!r}, code=***)"


class IdentityPool(Record, frozen=True, kw_only=True):
    """An identity pool: what DescribeIdentityPool tells of it, its roles and its principal tags."""

    identity_pool_id: str
    version: int = 1
    description: IdentityPoolDescription
    roles: dict[str, str] = {}
    """Role ARNs by `authenticated` and `unauthenticated`."""
    role_mappings: dict[str, RoleMapping] = {}
    principal_tags: dict[str, SetPrincipalTagAttributeMapResponse] = {}
    """By the name of the identity provider."""


class Identity(Record, frozen=True, kw_only=True):
    """One identity of an identity pool, and the logins that lead to it."""

    identity_id: str
    identity_pool_id: str
    version: int = 1
    created_ms: int
    modified_ms: int
    logins: dict[str, str] = {}
    """The user's id there, by the name of a public provider."""
    developer_logins: dict[str, list[str]] = {}
    """The user's ids there, by the name of a developer provider."""
    is_disabled: bool = False
    """Whether it was merged into another one."""
    was_linked: bool = False
    """Whether a login ever led to it. Without one it is nobody's any more then, and not a guest's."""
