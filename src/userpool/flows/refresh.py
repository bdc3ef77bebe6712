"""Renewing tokens before they expire, without ever losing them to a passing trouble.

Operations: GetTokensFromRefreshToken, InitiateAuth (REFRESH_TOKEN_AUTH), AdminInitiateAuth (REFRESH_TOKEN_AUTH).

GetTokensFromRefreshToken works whether or not the client's refresh tokens rotate; REFRESH_TOKEN_AUTH only
where they do not, but also on services that do not know the newer operation. So the newer is tried first, and
what has worked is remembered by whoever runs this flow.

Sources: api:GetTokensFromRefreshToken, api:InitiateAuth;
guide:amazon-cognito-user-pools-using-the-refresh-token;
amplify-js:tokenOrchestrator (which refusals are definite).
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias

from userpool.conversation import Flow, ask
from userpool.errors import NotSignedInError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.attempt import is_about_the_device
from userpool.flows.challenges import tokens_of
from userpool.flows.doors import Door
from userpool.token_bundle import Tokens
from userpool.values import Value
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    RefreshTokenReuseException,
    ResourceNotFoundException,
    UnknownOperationException,
    UnsupportedOperationException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.tokens import GetTokensFromRefreshToken, GetTokensFromRefreshTokenRequest

__all__ = ["RefreshWay", "Renewal", "is_definite_refusal", "renew", "renew_as_admin"]

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
    """New tokens, the way that led to them, and the key of a device that the pool turned out to have forgotten."""

    tokens: Tokens
    way: RefreshWay
    lost_device: str | None = None


def renew(
    app: AppClient, tokens: Tokens, *, refresh_token: str, username: str, way: RefreshWay, extras: Extras
) -> Flow[Renewal]:
    """Trade a refresh token for new tokens, trying ``way`` first.

    ``username`` is the pool's own name for the person: the secret hash is made for it, whatever they signed
    in with. ``tokens`` are the old ones, which tell the device they are bound to; if the pool has forgotten it, they
    are renewed without it.

    Raises:
        ServiceException: as told by the first way that the service knew.
    """
    renewing = _Renewing(app, refresh_token, username, extras)
    try:
        return (yield from _by_either_way(renewing, way, device_key=tokens.device_key))
    except ResourceNotFoundException as fault:
        if tokens.device_key is None or not is_about_the_device(fault):
            raise
    renewal = yield from _by_either_way(renewing, way, device_key=None)
    return Renewal(renewal.tokens, renewal.way, tokens.device_key)


def renew_as_admin(app: AppClient, tokens: Tokens, *, username: str, extras: Extras) -> Flow[Tokens]:
    """Trade a refresh token for new tokens through the door for administrators.

    Raises:
        NotSignedInError: there is no refresh token. Nothing is sent.
    """
    if tokens.refresh_token is None:
        raise NotSignedInError("These tokens cannot be renewed: there is no refresh token.")
    parameters = _parameters(app, tokens.refresh_token, username, tokens.device_key)
    response, _ = yield from Door(app, extras, admin=True).begin("REFRESH_TOKEN_AUTH", parameters)
    return tokens_of(response.authentication_result, refresh_token=tokens.refresh_token)


def is_definite_refusal(fault: ServiceException) -> bool:
    """Whether a fault means that the session is over, not that the service or the settings are in trouble."""
    # A client secret that is missing or wrong is refused by the same name, and says nothing about the person.
    # Assumed: a refusal to renew tokens that is about the client's secret has the word in its message.
    about_the_client = "secret" in fault.message.lower()
    return isinstance(fault, _DEFINITE_REFUSALS) and not about_the_client


class _Renewing(Value, frozen=True):
    """What stays the same, whichever way is tried."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"refresh_token"})

    app: AppClient
    refresh_token: str
    username: str
    extras: Extras


def _by_either_way(renewing: _Renewing, way: RefreshWay, *, device_key: str | None) -> Flow[Renewal]:
    try:
        result = yield from _WAYS[way](renewing, device_key)
    except _NOT_THIS_WAY as first_fault:
        way = _OTHER_WAY[way]
        try:
            result = yield from _WAYS[way](renewing, device_key)
        except _NOT_THIS_WAY:
            # Neither is possible, so the reason given for the better one is the one that helps.
            raise first_fault from None
    return Renewal(tokens_of(result, refresh_token=renewing.refresh_token), way)


def _by_operation(renewing: _Renewing, device_key: str | None) -> Flow[AuthenticationResultType | None]:
    request = GetTokensFromRefreshTokenRequest(
        refresh_token=renewing.refresh_token,
        client_id=renewing.app.client_id,
        client_secret=renewing.app.client_secret,
        device_key=device_key,
        client_metadata=renewing.extras.metadata,
    )
    response = yield from ask(GetTokensFromRefreshToken, request)
    return response.authentication_result


def _by_auth_flow(renewing: _Renewing, device_key: str | None) -> Flow[AuthenticationResultType | None]:
    parameters = _parameters(renewing.app, renewing.refresh_token, renewing.username, device_key)
    response, _ = yield from Door(renewing.app, renewing.extras).begin("REFRESH_TOKEN_AUTH", parameters)
    return response.authentication_result


def _parameters(app: AppClient, refresh_token: str, username: str, device_key: str | None) -> dict[str, str]:
    proof, device = app.secret_hash(username), device_key
    return {
        "REFRESH_TOKEN": refresh_token,
        **({} if proof is None else {"SECRET_HASH": proof}),
        **({} if device is None else {"DEVICE_KEY": device}),
    }


_WAYS: Final = {"GetTokensFromRefreshToken": _by_operation, "REFRESH_TOKEN_AUTH": _by_auth_flow}
