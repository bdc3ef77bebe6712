"""Amplify 6, unmodified, in a browser: before the pool, and beside our CookieStorage in the same cookies."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

DONE = "DONE"
SETTINGS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}


@pytest.fixture
def amplify(open_tab: Callable[[str], Any]) -> Any:
    """A page with Amplify."""
    return open_tab("amplify")


@pytest.fixture(scope="module")
def tracking(aws: Any, make_place: Callable[..., Any]) -> Any:
    """A pool with authenticators that remembers a device if its owner says so."""
    place = make_place(DeviceConfiguration=SETTINGS)
    aws.set_user_pool_mfa_config(UserPoolId=place.pool_id, **TOKENS)
    return place


def test_whoever_signed_in_by_amplify_is_signed_in_at_the_server(
    amplify: Any, place: Any, person: Any, pool_with: Callable[..., Any]
) -> None:
    assert amplify.play("signIn", place, person) == DONE
    before = amplify.cookies()

    user = amplify.visit(lambda storage: pool_with(storage).current_user())

    assert user.username == person.username
    assert user.attributes()["email"] == person.email
    assert amplify.cookies() == before


def test_whoever_signed_in_at_the_server_is_signed_in_for_amplify(
    amplify: Any, place: Any, newcomer: Any, make_person: Callable[..., Any], pool_with: Callable[..., Any]
) -> None:
    person = make_person(place, newcomer, username=f"Zoë.李+{newcomer.email}")

    amplify.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password))

    assert amplify.play("find", place, person)["username"] == person.username
    assert amplify.sent == []
    assert amplify.play("attributes", place, person)["email"] == person.email


def test_what_either_side_renews_the_other_goes_on_with(
    amplify: Any, place: Any, person: Any, pool_with: Callable[..., Any]
) -> None:
    amplify.play("signIn", place, person)

    ours = amplify.visit(lambda storage: pool_with(storage).current_user().refresh())
    assert amplify.play("find", place, person)["access"]["jti"] == ours.access_claims["jti"]

    theirs = amplify.play("refresh", place, person)
    user = amplify.visit(lambda storage: pool_with(storage).current_user())
    assert user.tokens.access_claims["jti"] == theirs["access"]["jti"]


def test_whom_the_server_signs_out_amplify_does_not_find(
    amplify: Any, place: Any, person: Any, pool_with: Callable[..., Any]
) -> None:
    amplify.play("signIn", place, person)

    amplify.visit(lambda storage: pool_with(storage).current_user().sign_out())

    assert amplify.play("find", place, person) is None
    assert amplify.cookies() == {}


def test_whom_amplify_signs_out_the_server_does_not_find(
    amplify: Any, place: Any, person: Any, pool_with: Callable[..., Any]
) -> None:
    amplify.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password))

    amplify.play("signOut", place, person)

    assert amplify.visit(lambda storage: pool_with(storage).current_user()) is None


def test_a_device_that_amplify_remembered_proves_itself_there_and_at_the_server(
    amplify: Any,
    tracking: Any,
    newcomer: Any,
    make_person: Callable[..., Any],
    pool_with: Callable[..., Any],
) -> None:
    owner = make_person(tracking, newcomer)
    amplify.play("signIn", tracking, owner)
    amplify.play("remember", tracking, owner)
    app = pyotp.TOTP(amplify.play("secret", tracking, owner))
    amplify.play("verifySecret", tracking, owner, code=app.at(int(time.time())))
    amplify.play("prefer", tracking, owner)
    amplify.play("signOut", tracking, owner)

    assert amplify.play("signIn", tracking, owner) == DONE
    assert "DEVICE_PASSWORD_VERIFIER" in amplify.sent
    amplify.play("signOut", tracking, owner)

    step = amplify.visit(lambda storage: pool_with(storage, tracking).sign_in(owner.username, owner.password))
    assert amplify.play("find", tracking, owner)["access"]["device_key"] == step.user.device_key


def test_an_authenticator_is_set_up_by_amplify_and_asked_for(
    amplify: Any,
    open_tab: Callable[[str], Any],
    tracking: Any,
    newcomer: Any,
    make_person: Callable[..., Any],
) -> None:
    owner = make_person(tracking, newcomer)
    amplify.play("signIn", tracking, owner)
    app = pyotp.TOTP(amplify.play("secret", tracking, owner))
    now = int(time.time())
    amplify.play("verifySecret", tracking, owner, code=app.at(now))
    amplify.play("prefer", tracking, owner)

    elsewhere = open_tab("amplify")

    assert elsewhere.play("signIn", tracking, owner) == "CONFIRM_SIGN_IN_WITH_TOTP_CODE"
    assert elsewhere.play("answer", tracking, owner, code=app.at(now + 30)) == DONE
    assert elsewhere.play("find", tracking, owner)["username"] == owner.username
