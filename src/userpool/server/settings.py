"""Everything a person may set about a running pool, in one frozen value.

Rules of the room: every field is documented where it stands; nothing here reads files or the environment
(`userpool.server.command_line` does) and nothing has a default that weakens a check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from userpool.errors import SettingsError

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
    Made on first use. `None`: beside a SQLite file (`userpool.db.key`); in memory for a memory database."""

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

    def __post_init__(self) -> None:
        if not (len(self.account_id) == 12 and self.account_id.isdigit()):
            raise SettingsError("account_id has to be twelve digits.")
        if not 0 <= self.port <= 65_535:
            raise SettingsError("port has to be between 0 and 65535.")
        if self.dev and self.host not in LOOPBACK_HOSTS and not self.allow_public_dev:
            raise SettingsError(
                f"--dev accepts any signature and shows codes, and {self.host} isn't a loopback address. "
                "Leave --dev out, listen on 127.0.0.1, or say --allow-public-dev if you mean it."
            )
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
                raise SettingsError("public_url has to be an origin such as https://id.example.com.")

    def issuer(self, pool_id: str) -> str:
        """Return the `iss` claim of a pool's tokens: an URL under which `/.well-known/jwks.json` is served."""
        if self.public_url is not None:
            return f"{self.public_url.rstrip('/')}/{pool_id}"
        region = pool_id.partition("_")[0]
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://cognito-idp.{region}.{suffix}/{pool_id}"
