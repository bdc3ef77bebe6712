"""Leaving: end one session, or all of them.

Operations: RevokeToken, GlobalSignOut.

Sources: api:RevokeToken, api:GlobalSignOut; guide:token-revocation.
"""

from __future__ import annotations

from userpool.conversation import Flow, ask
from userpool.errors import UserPoolError
from userpool.flows.app_client import AppClient
from userpool.results import SignOutResult
from userpool.token_bundle import Tokens
from userpool.wire.tokens import GlobalSignOut, GlobalSignOutRequest, RevokeToken, RevokeTokenRequest

__all__ = ["global_sign_out", "revoke"]


def revoke(app: AppClient, tokens: Tokens) -> Flow[SignOutResult]:
    """Revoke a session at the service and tell how that went; this never raises what the service says.

    The session is over on this machine already, and a failure here must not make it look as if it were not.
    """
    if tokens.refresh_token is None or not tokens.revocable:
        return SignOutResult(revoked=False)
    request = RevokeTokenRequest(
        token=tokens.refresh_token, client_id=app.client_id, client_secret=app.client_secret
    )
    try:
        yield from ask(RevokeToken, request)
    except UserPoolError as error:
        return SignOutResult(revoked=False, error=error)
    return SignOutResult(revoked=True)


def global_sign_out(access_token: str) -> Flow[None]:
    """Revoke every session that this person has anywhere.

    This raises what the service says: an access token that it takes for expired is renewed, and then asked with again.
    """
    yield from ask(GlobalSignOut, GlobalSignOutRequest(access_token=access_token))
