"""A user pool whose tokens are believed, and which of them.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt (the checks, and where a pool's keys are).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

from userpool.errors import SettingsError
from userpool.tokens.audience import Audience
from userpool.tokens.requirements import names
from userpool.transport.endpoints import checked_address, parse_pool_id, pool_endpoint, pool_issuer
from userpool.values import Value

__all__ = ["TokenUse", "TrustedPool"]

TokenUse: TypeAlias = Literal["access", "id"]
"""What a token is for: to be shown to an API, or to tell a client who signed in."""


class TrustedPool(Value, frozen=True, kw_only=True):
    """One user pool and the tokens of it that a verifier takes.

    Client and use have no default. Who leaves them open writes None, so that nobody forgets them: a token of the
    pool's other client, or an ID token where an access token belongs, is as genuine as any.

    Attributes:
        user_pool_id: such as ``us-east-1_aB12cDe34``.
        client_id: the app client that tokens are for, or several; None takes those of every client of the pool.
        token_use: ``"access"`` or ``"id"``; None takes both.
        endpoint: the address of the service, where it is not AWS's own; the keys are below it.
        issuer: what the tokens name as their issuer, where it does not follow from the endpoint.
        keys_url: where the keys are, if neither below the endpoint nor below the issuer.
        jwks: the pool's key set, as text or decoded; then nothing is requested.

    Raises:
        SettingsError: from its properties, when one of them is wrong.
    """

    user_pool_id: str
    client_id: str | Collection[str] | None
    token_use: TokenUse | None
    endpoint: str | None = None
    issuer: str | None = None
    keys_url: str | None = None
    jwks: bytes | str | Mapping[str, Any] | None = None

    @property
    def issuer_text(self) -> str:
        """What the pool's tokens name as their issuer."""
        return self.issuer or pool_issuer(parse_pool_id(self.user_pool_id), self.endpoint)

    @property
    def keys_address(self) -> str:
        """Where the pool's keys are."""
        if self.keys_url is not None:
            return checked_address(self.keys_url, argument="keys_url")
        pool_id = parse_pool_id(self.user_pool_id)
        if self.endpoint is None and self.issuer is not None:
            # Whoever issues tokens publishes the keys below the name that stands in them (openid-connect-discovery).
            return f"{checked_address(self.issuer, argument='issuer')}/.well-known/jwks.json"
        address = pool_endpoint(pool_id, self.endpoint, fips=False, dual_stack=False)
        return f"{address}/{pool_id.text}/.well-known/jwks.json"

    @property
    def audience(self) -> Audience:
        """The use and the clients as they are checked."""
        if self.token_use not in (None, *Audience.USES):
            raise SettingsError('token_use= is "access", "id" or None.')
        return Audience(token_use=self.token_use, client_ids=names(self.client_id, argument="client_id"))
