"""What a signed-in person does with their own record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from async_scene import KEYS, NOON, Scene

from userpool import UserPoolError
from userpool.errors import NoAnswerInTimeError, NotReachedError
from userpool.transport.scripted import grants, refuses, says
from userpool.wire.faults import CodeMismatchException

pytestmark = pytest.mark.anyio

SENT = {"Destination": "b***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
PROFILE = {
    "Username": "alice",
    "UserAttributes": [{"Name": "email", "Value": "a@e"}, {"Name": "custom:team", "Value": "kites"}],
    "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
    "UserMFASettingList": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"],
}


async def test_attributes_are_asked_for_each_time() -> None:
    scene = Scene()
    reply = says({"Username": "alice", "UserAttributes": [{"Name": "email", "Value": "a@e"}]})
    alice = await scene.somebody(reply, reply)

    assert await alice.attributes() == await alice.attributes() == {"email": "a@e"}
    assert [operation for operation, _ in scene.asked()] == ["GetUser", "GetUser"]


async def test_an_update_asks_for_nothing_else() -> None:
    # amazon-cognito-identity-js reads the profile and renews the tokens behind the caller's back.
    scene = Scene({f"{KEYS}alice.userData": "{}"})
    alice = await scene.somebody(says({"CodeDeliveryDetailsList": [SENT]}))
    scene.storage[f"{KEYS}alice.userData"] = "{}"

    update = await alice.update_attributes({"email": "b@e", "name": "B"}, client_metadata={"a": "b"})

    assert (update.updated, list(update.pending)) == (("name",), ["email"])
    assert [delivery.destination for delivery in update.deliveries] == ["b***@e***"]
    changed = [{"Name": "email", "Value": "b@e"}, {"Name": "name", "Value": "B"}]
    assert scene.asked() == [
        ("UpdateUserAttributes", {"UserAttributes": changed, "ClientMetadata": {"a": "b"}})
    ]
    assert f"{KEYS}alice.userData" not in scene.storage


@pytest.mark.parametrize(("names", "listed"), [(["name", "locale"], ["name", "locale"]), ("name", ["name"])])
async def test_attributes_are_deleted_by_name(names: Any, listed: list[str]) -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    await alice.delete_attributes(names)

    assert scene.asked() == [("DeleteUserAttributes", {"UserAttributeNames": listed})]


async def test_an_address_is_verified_by_a_code() -> None:
    scene = Scene(client_metadata={"for": "all"})
    sent = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    alice = await scene.somebody(
        says({"CodeDeliveryDetails": sent}), refuses("CodeMismatchException"), says({})
    )

    delivery = await alice.send_attribute_verification_code("email")
    with pytest.raises(CodeMismatchException):
        await alice.verify_attribute("email", "000000")
    await alice.verify_attribute("email", "123456")

    assert delivery is not None
    assert delivery.destination == "a***@e***"
    assert scene.asked()[0] == (
        "GetUserAttributeVerificationCode",
        {"AttributeName": "email", "ClientMetadata": {"for": "all"}},
    )
    assert scene.asked()[2] == ("VerifyUserAttribute", {"AttributeName": "email", "Code": "123456"})


async def test_claims_are_renewed_after_an_update_for_whoever_asks_for_it() -> None:
    scene = Scene()
    renewed = grants("alice", expires_epoch=NOON + 7200, more={"name": "B"})
    alice = await scene.somebody(says({}), renewed)

    update = await alice.update_attributes({"name": "B"}, refresh_claims=True)

    assert (update.claims_error, alice.claims["name"]) == (None, "B")
    assert [operation for operation, _ in scene.asked()] == [
        "UpdateUserAttributes",
        "GetTokensFromRefreshToken",
    ]


async def test_claims_that_could_not_be_renewed_do_not_hide_where_the_code_went() -> None:
    scene = Scene()
    alice = await scene.somebody(says({"CodeDeliveryDetailsList": [SENT]}), NotReachedError("no cable"))

    update = await alice.update_attributes({"email": "b@e"}, refresh_claims=True)

    assert isinstance(update.claims_error, NotReachedError)
    assert list(update.pending) == ["email"]
    assert alice.is_signed_in


async def test_every_change_can_renew_the_claims() -> None:
    scene = Scene()
    alice = await scene.somebody(
        says({}),
        grants("alice", expires_epoch=NOON + 7200, more={"email_verified": True}),
        says({}),
        grants("alice", expires_epoch=NOON + 7300),
    )

    verified = await alice.verify_attribute("email", "123456", refresh_claims=True)
    seen = alice.claims["email_verified"]
    deleted = await alice.delete_attributes("email", refresh_claims=True)

    assert (verified.updated, deleted.updated, seen) == (("email",), ("email",), True)
    assert "email_verified" not in alice.claims


async def test_a_profile_is_asked_for_and_kept() -> None:
    scene = Scene()
    alice = await scene.somebody(says(PROFILE))

    assert alice.cached_profile() is None
    asked = await alice.profile()

    assert asked.attributes == {"email": "a@e", "custom:team": "kites"}
    assert (asked.mfa.totp, asked.mfa.sms, asked.mfa.email) == ("preferred", "enabled", "disabled")
    assert alice.cached_profile() == asked
    assert len(scene.asked()) == 1
    # As amazon-cognito-identity-js keeps it.
    assert json.loads(scene.storage[f"{KEYS}alice.userData"]) == PROFILE


async def test_a_profile_that_a_browser_kept_is_read() -> None:
    scene = Scene()
    alice = await scene.somebody()
    scene.storage[f"{KEYS}alice.userData"] = json.dumps({**PROFILE, "MFAOptions": []})

    kept = alice.cached_profile()

    assert kept is not None
    assert kept.attributes["custom:team"] == "kites"
    assert scene.asked() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Username": 7}', "[" * 100_000])
async def test_what_is_no_profile_is_as_good_as_none(text: str) -> None:
    scene = Scene()
    alice = await scene.somebody()
    scene.storage[f"{KEYS}alice.userData"] = text

    assert alice.cached_profile() is None


@pytest.mark.parametrize(
    "trouble", [NoAnswerInTimeError("late"), refuses("NotAuthorizedException", "not yours")]
)
async def test_a_change_that_failed_drops_the_kept_profile_too(trouble: Any) -> None:
    # An answer that got lost tells nothing about what was done.
    scene = Scene()
    alice = await scene.somebody(says(PROFILE), trouble)
    await alice.profile()

    with pytest.raises(UserPoolError):
        await alice.update_attributes({"name": "B"})

    assert alice.cached_profile() is None


async def test_a_profile_is_not_kept_where_the_caller_says_so() -> None:
    scene = Scene()
    alice = await scene.somebody(says(PROFILE))

    await alice.profile(keep=False)

    assert alice.cached_profile() is None


async def test_a_caller_who_keeps_the_tokens_keeps_the_profile() -> None:
    scene = Scene()
    alice = await scene.somebody(says(PROFILE))
    kept = dict(scene.storage)
    guest = scene.pool.user_from_tokens(alice.tokens)

    await guest.profile()

    assert guest.cached_profile() is None
    assert scene.storage == kept
