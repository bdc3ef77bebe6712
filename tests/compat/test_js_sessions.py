"""amazon-cognito-identity-js, unmodified, keeps, renews and ends sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

REVOKED = {"code": "NotAuthorizedException", "message": "Access Token has been revoked"}


def test_a_session_is_found_again_in_storage(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("sessions/fromStorage", place, person)

    assert seen["valid"]
    assert seen["username"] == person.username
    assert seen["operations"] == []
    assert seen["attributes"] == 3


def test_a_session_whose_tokens_are_old_renews_itself(
    js: Callable[..., Any], place: Any, person: Any
) -> None:
    seen = js("sessions/renewedFromStorage", place, person)

    assert seen["operations"] == ["InitiateAuth"]
    assert seen["after"]["valid"]
    assert seen["after"]["access"]["jti"] != seen["before"]["access"]["jti"]


def test_a_session_is_renewed(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("sessions/refresh", place, person)

    before, after = seen["before"], seen["after"]
    assert after["valid"]
    assert seen["sameRefreshToken"]
    assert seen["attributes"] == 3
    for use in ("access", "id"):
        assert after[use]["jti"] != before[use]["jti"]
        assert after[use]["origin_jti"] == before[use]["origin_jti"]
        assert after[use]["auth_time"] == before[use]["auth_time"]


def test_signing_out_revokes_the_tokens(js: Callable[..., Any], aws: Any, place: Any, person: Any) -> None:
    seen = js("sessions/signOut", place, person)

    assert seen["operations"] == ["RevokeToken"]
    assert seen["stored"] == []
    with pytest.raises(aws.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        refresh(aws, place, seen["refreshToken"])
    with pytest.raises(aws.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        aws.get_user(AccessToken=seen["accessToken"])


def test_signing_out_without_waiting_forgets_here_and_tells_nobody(
    js: Callable[..., Any], aws: Any, place: Any, person: Any
) -> None:
    seen = js("sessions/signOutHereOnly", place, person)

    assert (seen["operations"], seen["stored"], seen["user"]) == ([], [], None)
    assert refresh(aws, place, seen["refreshToken"])["AuthenticationResult"]["AccessToken"]


def test_signing_out_everywhere_ends_every_session(
    js: Callable[..., Any], aws: Any, place: Any, person: Any
) -> None:
    seen = js("sessions/globalSignOut", place, person)

    assert seen["said"] == "SUCCESS"
    assert seen["here"] == REVOKED
    assert seen["elsewhere"] == REVOKED
    with pytest.raises(aws.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        refresh(aws, place, seen["refreshToken"])


def refresh(aws: Any, place: Any, refresh_token: str) -> Any:
    return aws.initiate_auth(
        ClientId=place.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": refresh_token},
    )
