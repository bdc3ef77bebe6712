"""REFRESH_TOKEN_AUTH: a sign-in that begins with a refresh token.

Sources: api:InitiateAuth; guide:amazon-cognito-user-pools-using-the-refresh-token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.outcomes import Outcome
from userpool.server.capabilities.sign_in.parameters import check_hash, needed
from userpool.server.renewing import holder, renew, rotates
from userpool.server.rules.sign_in_names import names_of
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context


async def begin_with_refresh_token(context: Context, asked: Asked) -> Outcome:
    """Answer a refresh token with a fresh id and access token."""
    pool, client, parameters = asked.pool, asked.client, asked.parameters
    refresh_token = needed(parameters, "REFRESH_TOKEN")
    if rotates(client.description):
        # Assumed: the text; a client that rotates has to call GetTokensFromRefreshToken.
        raise InvalidParameterException("REFRESH_TOKEN_AUTH flow not enabled for this client")
    content, user = await holder(context, client, refresh_token)
    # The request names nobody: any of the user's names may be in the hash (clients differ in which they use).
    names = [user.username, user.sub, *(value for _, value in names_of(pool.description, user))]
    check_hash(context, client, parameters, names=names)
    turn(State.START, Event.RENEWED)
    device_key = parameters.get("DEVICE_KEY")
    result = await renew(context, pool, client, user, content, device_key=device_key)
    return Outcome(parameters={}, result=result)
