"""Leaving: end one session, or all of them.

Operations: RevokeToken, GlobalSignOut.

Sources: api:RevokeToken, api:GlobalSignOut; guide:token-revocation.
"""

from __future__ import annotations

from collections.abc import Iterable

from userpool.conversation import Flow, ask
from userpool.errors import UserPoolError
from userpool.flows.app_client import AppClient
from userpool.results import SignOutResult
from userpool.token_bundle import Tokens
from userpool.wire.tokens import GlobalSignOut, GlobalSignOutRequest, RevokeToken, RevokeTokenRequest

__all__ = ["global_sign_out", "revoke"]


def revoke(app: AppClient, ended: Iterable[Tokens]) -> Flow[SignOutResult]:
    """Revoke sessions at the service and tell how that went; this never raises what the service says.

    They are over on this machine already, and a failure here must not make it look as if they were not. The first
    failure is the one that is told, and keeps none of the others from being revoked.
    """
    revoked, failure = False, None
    for tokens in ended:
        if tokens.refresh_token is None or not tokens.revocable:
            continue
        request = RevokeTokenRequest(
            token=tokens.refresh_token, client_id=app.client_id, client_secret=app.client_secret
        )
        try:
            yield from ask(RevokeToken, request)
            revoked = True
        except UserPoolError as error:
            failure = failure or error
    return SignOutResult(revoked=revoked and failure is None, error=failure)


def global_sign_out(access_token: str) -> Flow[None]:
    """Revoke every session that this person has anywhere.

    This raises what the service says: an access token that it takes for expired is renewed, and then asked with again.
    """
    yield from ask(GlobalSignOut, GlobalSignOutRequest(access_token=access_token))
