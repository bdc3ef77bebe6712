"""An identity pool's credentials for boto3 and botocore, which renew themselves for as long as somebody is signed in.

It needs `userpool[boto3]`, or botocore alone for `identity_provider`.

Rules of this room: importing it imports botocore, so it is imported when one of its names is asked for.

Sources: botocore 1.44.5 (credential providers; DeferredRefreshableCredentials).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from userpool.errors import SettingsError
from userpool.identity_pool import IdentityPool
from userpool.user import User

try:
    # They come without types, and are no dependencies of ours.
    from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials  # type: ignore[import-untyped]
    from botocore.session import get_session  # type: ignore[import-untyped]
except ImportError as missing:
    raise SettingsError('botocore is missing; install it with: pip install "userpool[boto3]"') from missing

__all__ = ["boto3_session", "identity_provider"]

# botocore asks for new credentials a quarter of an hour before the old ones expire, and would ask again with every
# request if it were given the same ones.
_ADVISORY_SECONDS: Final = 900.0


def boto3_session(
    identity_pool: IdentityPool,
    user: User | None = None,
    *,
    region_name: str | None = None,
    custom_role_arn: str | None = None,
) -> Any:
    """Return a `boto3.Session` that acts for a user, or for the guest; its clients go on when credentials expire.

    Nothing is requested before the first client needs credentials. The region is the identity pool's unless another
    one is named. Once the user signs out, renewing fails with NotSignedInError.

    Raises:
        SettingsError: boto3 is not installed.
    """
    try:
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - botocore alone does for the provider
    except ImportError as error:
        raise SettingsError('boto3 is missing; install it with: pip install "userpool[boto3]"') from error
    session: Any = get_session()
    provider = identity_provider(identity_pool, user, custom_role_arn=custom_role_arn)
    # Before everything that botocore would find on this machine, which belongs to somebody else.
    session.get_component("credential_provider").insert_before("env", provider)
    return boto3.Session(botocore_session=session, region_name=region_name or identity_pool.region)


def identity_provider(
    identity_pool: IdentityPool, user: User | None = None, *, custom_role_arn: str | None = None
) -> Any:
    """Return a credential provider for a botocore session of one's own."""
    return _IdentityProvider(identity_pool, user, custom_role_arn)


class _IdentityProvider(CredentialProvider):  # type: ignore[misc]  # It has no types.
    METHOD = "userpool"
    CANONICAL_NAME = "userpool"

    def __init__(self, identity_pool: IdentityPool, user: User | None, role: str | None) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._identity_pool = identity_pool
        self._user = user
        self._role = role

    def load(self) -> Any:
        """Return credentials that are fetched when they are first used."""
        return DeferredRefreshableCredentials(
            refresh_using=self._fetch, method=self.METHOD, time_fetcher=self._now
        )

    def _now(self) -> datetime:
        # Credentials expire on the service's clock, and that of the machine may be wrong.
        return datetime.fromtimestamp(self._identity_pool.now(), UTC)

    def _fetch(self) -> dict[str, str]:
        given = self._identity_pool.credentials(
            self._user, custom_role_arn=self._role, valid_for_seconds=_ADVISORY_SECONDS
        )
        return {
            "access_key": given.access_key_id,
            "secret_key": given.secret_access_key,
            "token": given.session_token,
            "expiry_time": given.expires_at.isoformat(),
        }
