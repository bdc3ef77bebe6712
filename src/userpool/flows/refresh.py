"""Renewing tokens before they expire, without ever losing them to a passing trouble.

Operations: GetTokensFromRefreshToken, InitiateAuth (REFRESH_TOKEN_AUTH).

GetTokensFromRefreshToken works whether or not the client's refresh tokens rotate; REFRESH_TOKEN_AUTH only
where they do not, but also on services that do not know the newer operation. So the newer is tried first, and
what has worked is remembered by whoever runs this flow.

Sources: api:GetTokensFromRefreshToken, api:InitiateAuth;
guide:amazon-cognito-user-pools-using-the-refresh-token;
amplify-js:tokenOrchestrator (which refusals are definite).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from userpool.conversation import Flow, ask
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.challenges import tokens_of
from userpool.token_bundle import Tokens
from userpool.values import Value
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    RefreshTokenReuseException,
    UnknownOperationException,
    UnsupportedOperationException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.sign_in import InitiateAuth, InitiateAuthRequest
from userpool.wire.tokens import GetTokensFromRefreshToken, GetTokensFromRefreshTokenRequest

__all__ = ["RefreshWay", "Renewal", "is_definite_refusal", "renew"]

RefreshWay: TypeAlias = Literal["GetTokensFromRefreshToken", "REFRESH_TOKEN_AUTH"]

_OTHER_WAY: Final[dict[RefreshWay, RefreshWay]] = {
    "GetTokensFromRefreshToken": "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN_AUTH": "GetTokensFromRefreshToken",
}
# The service does not know this way, or the client may not use it. None of them says anything about the
# token.
# Assumed: a client that may not renew its tokens in one of two ways is told so by one of these names, and
# never by NotAuthorizedException.
_NOT_THIS_WAY: Final = (UnsupportedOperationException, UnknownOperationException, InvalidParameterException)
# After these the refresh token will never work again (amplify-js:tokenOrchestrator).
_DEFINITE_REFUSALS: Final = (
    NotAuthorizedException,
    UserNotFoundException,
    PasswordResetRequiredException,
    UserNotConfirmedException,
    RefreshTokenReuseException,
)


class Renewal(Value, frozen=True):
    """New tokens, and the way that led to them."""

    tokens: Tokens
    way: RefreshWay


def renew(
    app: AppClient, tokens: Tokens, *, refresh_token: str, username: str, way: RefreshWay, extras: Extras
) -> Flow[Renewal]:
    """Trade a refresh token for new tokens, trying ``way`` first.

    ``username`` is the pool's own name for the person: the secret hash is made for it, whatever they signed
    in with. ``tokens`` are the old ones, which tell the device they are bound to.

    Raises:
        ServiceException: as told by the first way that the service knew.
    """
    try:
        result = yield from _WAYS[way](app, tokens, refresh_token, username, extras)
    except _NOT_THIS_WAY as first_fault:
        way = _OTHER_WAY[way]
        try:
            result = yield from _WAYS[way](app, tokens, refresh_token, username, extras)
        except _NOT_THIS_WAY:
            # Neither is possible, so the reason given for the better one is the one that helps.
            raise first_fault from None
    return Renewal(tokens_of(result, refresh_token=refresh_token), way)


def is_definite_refusal(fault: ServiceException) -> bool:
    """Whether a fault means that the session is over, not that the service or the settings are in trouble."""
    # A client secret that is missing or wrong is refused by the same name, and says nothing about the person.
    # Assumed: a refusal to renew tokens that is about the client's secret has the word in its message.
    about_the_client = "secret" in fault.message.lower()
    return isinstance(fault, _DEFINITE_REFUSALS) and not about_the_client


def _by_operation(
    app: AppClient, tokens: Tokens, refresh_token: str, _username: str, extras: Extras
) -> Flow[AuthenticationResultType | None]:
    request = GetTokensFromRefreshTokenRequest(
        refresh_token=refresh_token,
        client_id=app.client_id,
        client_secret=app.client_secret,
        device_key=tokens.device_key,
        client_metadata=extras.metadata,
    )
    response = yield from ask(GetTokensFromRefreshToken, request)
    return response.authentication_result


def _by_auth_flow(
    app: AppClient, tokens: Tokens, refresh_token: str, username: str, extras: Extras
) -> Flow[AuthenticationResultType | None]:
    parameters = {"REFRESH_TOKEN": refresh_token}
    secret_hash = app.secret_hash(username)
    if secret_hash is not None:
        parameters["SECRET_HASH"] = secret_hash
    if tokens.device_key is not None:
        parameters["DEVICE_KEY"] = tokens.device_key
    request = InitiateAuthRequest(
        auth_flow="REFRESH_TOKEN_AUTH",
        client_id=app.client_id,
        auth_parameters=parameters,
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    response = yield from ask(InitiateAuth, request)
    return response.authentication_result


_WAYS: Final = {"GetTokensFromRefreshToken": _by_operation, "REFRESH_TOKEN_AUTH": _by_auth_flow}
