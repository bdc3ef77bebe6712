"""Renewing tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.errors import GarbledAnswerError, NotReachedError, NotSignedInError, UserPoolError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.refresh import RefreshWay, _Renewing, is_definite_refusal, renew, renew_as_admin
from userpool.token_bundle import Tokens
from userpool.transport.scripted import token_text
from userpool.user_context import UserContext
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InternalErrorException,
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    RefreshTokenReuseException,
    ResourceNotFoundException,
    TooManyRequestsException,
    UnknownOperationException,
    UnsupportedOperationException,
    UserLambdaValidationException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.sign_in import (
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    InitiateAuthRequest,
    InitiateAuthResponse,
)
from userpool.wire.tokens import GetTokensFromRefreshTokenRequest, GetTokensFromRefreshTokenResponse

Play = Callable[..., tuple[Any, list[Any]]]
NEW_WAY: RefreshWay = "GetTokensFromRefreshToken"
OLD_WAY: RefreshWay = "REFRESH_TOKEN_AUTH"
RESULT = AuthenticationResultType(access_token="new a", id_token="new i")
OLD = Tokens(token_text({"device_key": "eu-west-1_k"}), refresh_token="r")
EXTRAS = Extras({"from": "a test"}, UserContext(ip_address="203.0.113.7"))


def renewing(app: AppClient, way: RefreshWay = NEW_WAY, extras: Extras | None = None) -> Any:
    return renew(app, OLD, refresh_token="r", username="canonical", way=way, extras=extras or Extras())


def test_the_new_operation_is_given_the_client_secret_and_the_device(
    secret_app: AppClient, play: Play
) -> None:
    response = GetTokensFromRefreshTokenResponse(authentication_result=RESULT)

    renewal, [request] = play(renewing(secret_app, extras=EXTRAS), response)

    assert (renewal.tokens.access_token, renewal.way) == ("new a", NEW_WAY)
    assert request == GetTokensFromRefreshTokenRequest(
        refresh_token="r",
        client_id="the client",
        client_secret="the secret of the client",
        device_key="eu-west-1_k",
        client_metadata={"from": "a test"},
    )


def test_the_old_flow_is_given_the_hash_for_the_canonical_name(
    secret_app: AppClient, play: Play, hash_for: Callable[[str], str]
) -> None:
    response = InitiateAuthResponse(authentication_result=RESULT)

    renewal, [request] = play(renewing(secret_app, OLD_WAY, EXTRAS), response)

    assert renewal.way == OLD_WAY
    assert request.auth_flow == "REFRESH_TOKEN_AUTH"
    assert request.auth_parameters == {
        "REFRESH_TOKEN": "r",
        "SECRET_HASH": hash_for("canonical"),
        "DEVICE_KEY": "eu-west-1_k",
    }
    assert request.client_metadata == {"from": "a test"}
    assert request.user_context_data.ip_address == "203.0.113.7"


@pytest.mark.parametrize(
    "fault", [UnsupportedOperationException, UnknownOperationException, InvalidParameterException]
)
def test_a_service_without_the_new_operation_is_asked_the_old_way(
    app: AppClient, play: Play, fault: type[ServiceException]
) -> None:
    renewal, [_, second] = play(
        renewing(app), fault("not here"), InitiateAuthResponse(authentication_result=RESULT)
    )

    assert isinstance(second, InitiateAuthRequest)
    assert (renewal.way, renewal.tokens.refresh_token) == (OLD_WAY, "r")


def test_a_client_whose_tokens_rotate_now_is_asked_the_new_way(app: AppClient, play: Play) -> None:
    rotated = AuthenticationResultType(access_token="new a", refresh_token="r2")

    renewal, _ = play(
        renewing(app, OLD_WAY),
        InvalidParameterException("Auth flow not enabled for this client"),
        GetTokensFromRefreshTokenResponse(authentication_result=rotated),
    )

    assert (renewal.way, renewal.tokens.refresh_token) == (NEW_WAY, "r2")


def test_where_neither_is_possible_the_first_reason_counts(app: AppClient, play: Play) -> None:
    first = InvalidParameterException("the reason")

    with pytest.raises(InvalidParameterException) as caught:
        play(renewing(app), first, UnsupportedOperationException("another reason"))

    assert caught.value is first


@pytest.mark.parametrize(
    "error", [NotAuthorizedException("Invalid Refresh Token"), NotReachedError("no cable")]
)
def test_a_refusal_is_not_tried_another_way(app: AppClient, play: Play, error: UserPoolError) -> None:
    with pytest.raises(type(error)):
        play(renewing(app), error)


def test_a_renewal_without_an_access_token_is_garbled(app: AppClient, play: Play) -> None:
    with pytest.raises(GarbledAnswerError):
        play(renewing(app), GetTokensFromRefreshTokenResponse())


@pytest.mark.parametrize(
    "fault",
    [
        NotAuthorizedException("Refresh Token has been revoked"),
        UserNotFoundException(),
        PasswordResetRequiredException(),
        UserNotConfirmedException(),
        RefreshTokenReuseException(),
    ],
)
def test_these_end_a_session(fault: ServiceException) -> None:
    assert is_definite_refusal(fault)


@pytest.mark.parametrize(
    "fault",
    [
        InternalErrorException(),
        TooManyRequestsException(),
        LimitExceededException(),
        UserLambdaValidationException("PreTokenGeneration failed with error x."),
        ResourceNotFoundException(),
        InvalidParameterException(),
        NotAuthorizedException("Unable to verify secret hash for client 7ghr"),
        NotAuthorizedException("Client 7ghr is configured with secret but SECRET_HASH was not received"),
    ],
)
def test_these_do_not(fault: ServiceException) -> None:
    assert not is_definite_refusal(fault)


GONE = ResourceNotFoundException("Device does not exist.")


@pytest.mark.parametrize("way", [NEW_WAY, OLD_WAY])
def test_a_device_that_the_pool_has_forgotten_is_left_out(
    app: AppClient, play: Play, way: RefreshWay
) -> None:
    response = InitiateAuthResponse(authentication_result=RESULT)

    renewal, [first, second] = play(renewing(app, way), GONE, response)

    assert renewal.lost_device == "eu-west-1_k"
    for request, key in ((first, "eu-west-1_k"), (second, None)):
        told = request.device_key if way == NEW_WAY else request.auth_parameters.get("DEVICE_KEY")
        assert told == key


def test_tokens_of_no_device_are_not_tried_twice(app: AppClient, play: Play) -> None:
    flow = renew(app, Tokens("opaque"), refresh_token="r", username="canonical", way=NEW_WAY, extras=Extras())

    with pytest.raises(ResourceNotFoundException):
        play(flow, GONE)


def test_an_administrator_renews_by_their_own_door(
    secret_app: AppClient, play: Play, hash_for: Callable[[str], str]
) -> None:
    flow = renew_as_admin(secret_app, OLD, username="canonical", extras=EXTRAS)

    tokens, [request] = play(flow, AdminInitiateAuthResponse(authentication_result=RESULT))

    assert (tokens.access_token, tokens.refresh_token) == ("new a", "r")
    assert isinstance(request, AdminInitiateAuthRequest)
    assert request.auth_flow == "REFRESH_TOKEN_AUTH"
    assert request.auth_parameters == {
        "REFRESH_TOKEN": "r",
        "SECRET_HASH": hash_for("canonical"),
        "DEVICE_KEY": "eu-west-1_k",
    }


def test_an_administrator_renews_nothing_without_a_refresh_token(app: AppClient, play: Play) -> None:
    with pytest.raises(NotSignedInError):
        play(renew_as_admin(app, Tokens("a"), username="alice", extras=Extras()))


def test_what_a_renewal_is_made_of_shows_no_token(app: AppClient) -> None:
    assert "the refresh token" not in repr(_Renewing(app, "the refresh token", "alice", Extras()))
