"""Devices that a browser is: confirmed, remembered, and proven in place of a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from userpool import SignedIn

SETTINGS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
PROOF = ["InitiateAuth", "PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]
PARTS = ["deviceGroupKey", "deviceKey", "randomPasswordKey"]
COOKIES: dict[str, Any] = {"sameSite": "lax"}


@pytest.fixture(scope="module")
def tracking(aws: Any, make_place: Callable[..., Any]) -> Any:
    """A pool with authenticators that remembers a device if its owner says so."""
    place = make_place(DeviceConfiguration=SETTINGS)
    aws.set_user_pool_mfa_config(UserPoolId=place.pool_id, **TOKENS)
    return place


@pytest.fixture
def owner(tracking: Any, newcomer: Any, make_person: Callable[..., Any]) -> Any:
    """Somebody there."""
    return make_person(tracking, newcomer)


@pytest.fixture
def remembered(tracking: Any, owner: Any) -> Callable[..., None]:
    """Give a function that signs in from a tab, has the device remembered and an authenticator preferred."""

    def remember(tab: Any, **storage: Any) -> None:
        # Sending the password takes less time than SRP, which the sign-ins that follow prove it by.
        seen = tab.play("signIn", tracking, owner, flow="USER_PASSWORD_AUTH", **storage)
        assert seen["asks"]
        assert tab.sent[-1] == "ConfirmDevice"
        tab.play("remember", tracking, owner)
        code = pyotp.TOTP(tab.play("secret", tracking, owner)).at(int(time.time()))
        tab.play("verifySecret", tracking, owner, code=code)
        tab.play("prefer", tracking, owner, factor="SOFTWARE_TOKEN_MFA")

    return remember


def test_a_remembered_browser_proves_itself_in_place_of_a_code(
    tab: Any, tracking: Any, owner: Any, remembered: Callable[..., None]
) -> None:
    remembered(tab)
    tab.load()

    seen = tab.play("signIn", tracking, owner)

    assert (seen["name"], tab.sent) == ("onSuccess", PROOF)
    assert tab.stored()[key_of(tracking, owner, "deviceKey")] == seen["access"]["device_key"]


def test_another_browser_is_asked_for_the_code(
    tab: Any,
    open_tab: Callable[[str], Any],
    tracking: Any,
    owner: Any,
    remembered: Callable[..., None],
) -> None:
    remembered(tab)

    assert open_tab("identity").play("signIn", tracking, owner)["name"] == "totpRequired"


def test_the_keys_of_a_device_outlive_a_sign_out(
    tab: Any, tracking: Any, owner: Any, remembered: Callable[..., None]
) -> None:
    remembered(tab)
    tab.play("signOut", tracking, owner)
    kept = tab.stored()
    tab.load()

    seen = tab.play("signIn", tracking, owner)

    assert sorted(kept) == [key_of(tracking, owner, part) for part in PARTS]
    assert (seen["name"], tab.sent) == ("onSuccess", PROOF)


def test_a_device_that_the_page_remembered_proves_itself_at_the_server(
    tab: Any,
    tracking: Any,
    owner: Any,
    remembered: Callable[..., None],
    pool_with: Callable[..., Any],
) -> None:
    remembered(tab, cookies=COOKIES)
    tab.play("signOut", tracking, owner)

    step = tab.visit(lambda storage: pool_with(storage, tracking).sign_in(owner.username, owner.password))

    assert isinstance(step, SignedIn)
    found = tab.play("find", tracking, owner, cookies=COOKIES)
    assert found["access"]["device_key"] == step.user.device_key


def test_a_device_that_the_server_remembered_proves_itself_in_the_page(
    tab: Any, tracking: Any, owner: Any, pool_with: Callable[..., Any]
) -> None:
    def arrive(storage: Any) -> None:
        user = pool_with(storage, tracking).sign_in(owner.username, owner.password).user
        user.remember_device()
        user.verify_totp(pyotp.TOTP(user.begin_totp_setup().secret).at(int(time.time())))
        user.set_mfa_preference(totp="preferred")

    tab.visit(arrive)

    seen = tab.play("signIn", tracking, owner, cookies=COOKIES)
    assert (seen["name"], tab.sent) == ("onSuccess", PROOF)


def key_of(place: Any, person: Any, part: str) -> str:
    return f"CognitoIdentityServiceProvider.{place.client_id}.{person.username}.{part}"
