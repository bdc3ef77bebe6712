"""Everything a person may set about a running pool, in one frozen value.

Rules of the room: every field is documented where it stands; nothing here reads files or the environment
(`userpool.server.command_line` does) and nothing has a default that weakens a check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from userpool.errors import SettingsError

ACTION = re.compile(r"cognito-(?:idp|identity):[A-Z][A-Za-z]+")
ACCOUNT_ID = re.compile("[0-9]{12}")
FIXED_CODE = re.compile("[0-9]{6}")
REGION = re.compile("[a-z0-9-]{1,32}")
"""As in the credential scope of a signed request; what comes before the _ of a pool's id."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one pool server behaves.

    Raises:
        SettingsError: a field has a value that can't work, found at construction.
    """

    database_url: str = field(default="sqlite:///userpool.db", repr=False)
    """`sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` (memory only) or
    `postgresql://user:password@host:port/name`. Not shown, since it may hold a password."""

    seal_key_file: str | None = None
    """File that holds the key under which secrets in the database are sealed: 32 bytes as 64 hex digits, mode 0600.
    Made on first use. `None`: beside a SQLite file (`userpool.db.key`); `userpool.key` in the working folder for
    PostgreSQL; in memory for a memory database."""

    region: str = "us-east-1"
    """Region of pools made by a request that names none in its credential scope."""

    account_id: str = "000000000000"
    """Twelve digits that stand in ARNs where the service has its account."""

    public_url: str | None = None
    """Origin under which clients reach this server, such as `https://id.example.com`. When set, tokens are
    issued by `<public_url>/<pool id>`; when not, by the service's own form
    `https://cognito-idp.<region>.amazonaws.com/<pool id>`, which verifiers that derive the issuer from the
    pool id expect."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int = 9229
    """TCP port to listen on; 0 takes a free one."""

    dev: bool = False
    """Accept any well-formed AWS signature and show sent messages at `/_userpool/messages`. For a laptop or a
    test only."""

    allow_public_dev: bool = False
    """Let `dev` listen on an address that isn't loopback."""

    max_body_bytes: int = 1_048_576
    """Longest request body that is read, in bytes."""

    role_actions: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By role ARN: the signed operations that temporary credentials with this role may call, such as
    `cognito-idp:ListUsers`; each counts for all pools of this server. A role that isn't named may call none."""

    triggers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """URLs of trigger functions, by the ARN that a pool's LambdaConfig names, or by a trigger's name (`PreSignUp`)
    for every function that has no line of its own. Not shown, since an URL may hold a key."""

    lambda_endpoint: str | None = None
    """Origin of Lambda's invoke API, for functions that have no URL in `triggers`: `https://lambda.<region>.amazonaws.com`,
    or a stand-in such as `sam local start-lambda`. `None`: no function is invoked there."""

    lambda_access_key_id: str | None = None
    """Access key that requests to `lambda_endpoint` are signed with; without one they aren't signed."""

    lambda_secret_access_key: str | None = field(default=None, repr=False)
    """The secret of `lambda_access_key_id`."""

    lambda_session_token: str | None = field(default=None, repr=False)
    """The session token that belongs to a temporary access key."""

    lambda_functions: frozenset[str] | None = None
    """ARNs of the functions that may be invoked at `lambda_endpoint`, as pools name them. `None`: all that its access
    key may invoke."""

    allow_plain_triggers: bool = False
    """Let events, which carry passwords, go to `http://` addresses of other machines in `triggers` and
    `lambda_endpoint`."""

    trigger_key_file: str | None = None
    """File with the key under which events to `triggers` are signed: 32 bytes as 64 hex digits, mode 0600. `None`: they
    aren't signed."""

    custom_sender_key_file: str | None = None
    """File with the key under which custom senders are told codes: 32 bytes as 64 hex digits, mode 0600. `None`: with
    `dev` they are told in the clear, without it the messages wait."""

    smtp_url: str | None = field(default=None, repr=False)
    """The mail server that takes e-mails: `smtps://user:password@host:465` (TLS from the first byte), or
    `smtp://user:password@host:587` (STARTTLS; nothing on this machine's own addresses). `None`: e-mails wait, or are
    shown with `dev`. Not shown, since it may hold a password."""

    smtp_from: str | None = None
    """Sender of e-mails for pools whose EmailConfiguration names none, such as `Example <no-reply@example.com>`."""

    sms_url: str | None = field(default=None, repr=False)
    """Address to which each text message is posted as JSON, for a gateway of one's own. `None`: text messages wait, or
    are shown with `dev`. Not shown, since it may hold a key."""

    allow_plain_messages: bool = False
    """Let `smtp://` and `http://` carry messages to another machine without TLS."""

    fixed_code: str | None = field(default=None, repr=False)
    """Six digits that every code is, instead of random ones; e-mailed codes of eight digits repeat the first two of
    them. Refused without `dev`: with it anybody can confirm anything."""

    def __post_init__(self) -> None:
        if not REGION.fullmatch(self.region):
            raise SettingsError("region has to be small letters, digits and hyphens, such as eu-west-1.")
        if not ACCOUNT_ID.fullmatch(self.account_id):
            raise SettingsError("account_id has to be twelve digits.")
        if not 0 <= self.port <= 65_535:
            raise SettingsError("port has to be between 0 and 65535.")
        if self.dev and self.host not in LOOPBACK_HOSTS and not self.allow_public_dev:
            raise SettingsError(
                f"--dev accepts any signature and shows codes, and {self.host} isn't a loopback address. "
                "Leave --dev out, listen on 127.0.0.1, or say --allow-public-dev if you mean it."
            )
        unknown = {
            action
            for actions in self.role_actions.values()
            for action in actions
            if not ACTION.fullmatch(action)
        }
        if unknown:
            raise SettingsError(
                f"role_actions names {min(unknown)!r}: an action is cognito-idp: or cognito-identity: and the name "
                "of one operation, without wildcards."
            )
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
                raise SettingsError("public_url has to be an origin such as https://id.example.com.")
        self._check_triggers()
        self._check_messages()

    def _check_triggers(self) -> None:
        for url in [*self.triggers.values(), *filter(None, [self.lambda_endpoint])]:
            if not _is_url(url, {"http", "https"}):
                raise SettingsError("triggers and lambda_endpoint have to be http or https URLs.")
            parts = urlsplit(url)
            if (
                parts.scheme == "http"
                and parts.hostname not in LOOPBACK_HOSTS
                and not self.allow_plain_triggers
            ):
                raise SettingsError(
                    "triggers and lambda_endpoint would send passwords through the network in the clear. Use https, or "
                    "say --allow-plain-triggers if you mean it."
                )

        if self.lambda_endpoint is None:
            return
        origin = urlsplit(self.lambda_endpoint)
        if origin.path not in {"", "/"} or origin.query or origin.fragment:
            raise SettingsError(
                "lambda_endpoint has to be an origin such as https://lambda.eu-central-1.amazonaws.com."
            )
        if bool(self.lambda_access_key_id) != bool(self.lambda_secret_access_key):
            raise SettingsError(
                "lambda_access_key_id and lambda_secret_access_key go together: one of them is missing."
            )

    def _check_messages(self) -> None:
        _check_url("smtp_url", self.smtp_url, plain="smtp", secure="smtps")
        _check_url("sms_url", self.sms_url, plain="http", secure="https")
        sms = urlsplit(self.sms_url or "")
        if sms.scheme == "http" and sms.hostname not in LOOPBACK_HOSTS and not self.allow_plain_messages:
            raise SettingsError(
                "sms_url would send codes through the network in the clear. Use https, or say "
                "--allow-plain-messages if you mean it."
            )
        if self.smtp_url is not None and not self.smtp_from:
            raise SettingsError("smtp_url needs smtp_from: whom e-mails are from.")
        if self.fixed_code is not None:
            if not FIXED_CODE.fullmatch(self.fixed_code):
                raise SettingsError("fixed_code has to be six digits.")
            if not self.dev:
                raise SettingsError("fixed_code lets anybody confirm anything: it needs --dev.")

    def issuer(self, pool_id: str) -> str:
        """Return the `iss` claim of a pool's tokens: an URL under which `/.well-known/jwks.json` is served."""
        if self.public_url is not None:
            return f"{self.public_url.rstrip('/')}/{pool_id}"
        region = pool_id.partition("_")[0]
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://cognito-idp.{region}.{suffix}/{pool_id}"

    def identity_issuer(self) -> str:
        """Return the `iss` claim of the tokens of identities: an URL under which `/.well-known/jwks_uri` is served."""
        return (
            self.public_url.rstrip("/")
            if self.public_url is not None
            else "https://cognito-identity.amazonaws.com"
        )


def _check_url(name: str, url: str | None, *, plain: str, secure: str) -> None:
    if url is not None and not _is_url(url, {plain, secure}):
        # Without the URL: it may hold a password.
        raise SettingsError(f"{name} has to be an URL that begins with {secure}:// or {plain}://.")


def _is_url(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        # A port is read, and may be refused, when it is asked for.
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
