"""Signing in by a pool object: what is stored, what is told, and what travels along."""

from __future__ import annotations

from typing import Any

import pytest

from userpool import (
    AwsCredentials,
    ChallengeError,
    DeviceRequired,
    EmailCodeRequired,
    KnownDevice,
    NewDevice,
    NotAuthorizedException,
    PasswordRequired,
    RetryPolicy,
    SignedIn,
    SmsCodeRequired,
    StorageError,
    Tokens,
    TotpRequired,
    TotpSetupRequired,
    load_step,
)
from userpool.async_pool import AsyncUserPool
from userpool.effects import FixedEffects
from userpool.events import ChallengeReceived, Event, SignedInEvent
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, says, token_text

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
ALICE = grants("alice", expires_epoch=NOON + 3600)
KEYS = "CognitoIdentityServiceProvider.7ghr."
KEY = AwsCredentials("AKIDEXAMPLE", "the secret key")
GONE = refuses("ResourceNotFoundException", "Device does not exist.")
SMS = says({"ChallengeName": "SMS_MFA", "Session": "s", "ChallengeParameters": {}})
STORED = {
    f"{KEYS}alice.deviceKey": "us-east-1_1",
    f"{KEYS}alice.deviceGroupKey": "-g",
    f"{KEYS}alice.randomPasswordKey": "the password",
}


def pool_with(*script: Any, **settings: Any) -> tuple[AsyncUserPool, AsyncScriptedTransport]:
    transport = AsyncScriptedTransport(*script)
    settings = {"effects": FixedEffects(now=NOON), "retries": RetryPolicy(attempts=1), **settings}
    return AsyncUserPool("us-east-1_aB12cDe34", "7ghr", transport=transport, **settings), transport


def lets_in_with_a_new_device() -> Any:
    result = {
        "AccessToken": token_text({"username": "alice", "exp": NOON + 3600}),
        "NewDeviceMetadata": {"DeviceKey": "us-east-1_2", "DeviceGroupKey": "-g2"},
    }
    return says({"AuthenticationResult": result})


# ---- devices ----


async def test_a_new_device_is_confirmed_stored_and_handed_out() -> None:
    storage: dict[str, str] = {}
    pool, transport = pool_with(
        lets_in_with_a_new_device(), says({"UserConfirmationNecessary": True}), storage=storage
    )

    step = await pool.sign_in("Alice@e", "pw", flow="USER_PASSWORD_AUTH", device_name="laptop")

    assert isinstance(step, SignedIn)
    assert (step.new_device, step.user_confirmation_necessary) == (NewDevice("us-east-1_2", "-g2"), True)
    assert transport.operations == ["InitiateAuth", "ConfirmDevice"]
    assert transport.requests[1].body["DeviceName"] == "laptop"
    assert step.device is not None
    assert storage[f"{KEYS}alice.deviceKey"] == "us-east-1_2"
    assert storage[f"{KEYS}alice.deviceGroupKey"] == "-g2"
    assert storage[f"{KEYS}alice.randomPasswordKey"] == step.device.password
    assert step.device.password not in repr(step)


async def test_whoever_types_another_name_of_theirs_is_known_by_their_device() -> None:
    # With amazon-cognito-identity-js a remembered device is asked for the second factor again.
    storage: dict[str, str] = {}
    pool, transport = pool_with(lets_in_with_a_new_device(), says({}), SMS, SMS, storage=storage)
    await pool.sign_in("Alice@e", "pw", flow="USER_PASSWORD_AUTH")

    for name in ("Alice@e", "alice"):
        await pool.sign_in(name, "pw", flow="USER_PASSWORD_AUTH")

    sent = [request.body["AuthParameters"].get("DEVICE_KEY") for request in transport.requests[2:]]
    assert sent == ["us-east-1_2", "us-east-1_2"]


async def test_a_device_that_could_not_be_confirmed_is_told_and_not_stored() -> None:
    storage: dict[str, str] = {}
    pool, _ = pool_with(
        lets_in_with_a_new_device(), refuses("InvalidParameterException", "no"), storage=storage
    )

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert isinstance(step, SignedIn)
    assert str(step.device_error) == "no"
    assert step.device is None
    assert not [key for key in storage if "device" in key]
    assert pool.current_user() is not None


async def test_a_device_that_could_not_be_stored_is_told_and_handed_out() -> None:
    class NoRoomForDevices(dict[str, str]):
        def update(self, *args: Any, **more: Any) -> None:
            if any("device" in key for key in dict(*args)):
                raise StorageError("The cookies would be too large.")
            super().update(*args, **more)

    pool, _ = pool_with(lets_in_with_a_new_device(), says({}), storage=NoRoomForDevices())

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert isinstance(step, SignedIn)
    assert isinstance(step.device_error, StorageError)
    assert step.device is not None
    assert pool.current_user() is not None


async def test_the_stored_device_is_named_and_goes_on_with_the_step() -> None:
    pool, transport = pool_with(SMS, storage=dict(STORED))

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert transport.requests[0].body["AuthParameters"]["DEVICE_KEY"] == "us-east-1_1"
    assert isinstance(step, SmsCodeRequired)
    assert step.under_way.device == KnownDevice("us-east-1_1", "-g", "the password")


async def test_another_process_needs_no_storage_to_name_the_device() -> None:
    device = KnownDevice("us-east-1_9", "-g", "the password")
    here, first = pool_with(SMS)
    there, second = pool_with(ALICE)

    step = await here.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", device=device)
    assert isinstance(step, SmsCodeRequired)
    loaded = load_step(step.dump())
    assert isinstance(loaded, SmsCodeRequired)
    done = await there.answer(loaded.code("123456"))

    assert first.requests[0].body["AuthParameters"]["DEVICE_KEY"] == "us-east-1_9"
    assert second.requests[0].body["ChallengeResponses"]["DEVICE_KEY"] == "us-east-1_9"
    assert isinstance(done, SignedIn)
    assert done.device == device


@pytest.mark.parametrize("missing", list(STORED))
async def test_half_a_device_is_none(missing: str) -> None:
    storage = {name: value for name, value in STORED.items() if name != missing}
    pool, transport = pool_with(SMS, storage=storage)

    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert "DEVICE_KEY" not in transport.requests[0].body["AuthParameters"]


async def test_a_forgotten_device_is_dropped_once_there_are_tokens() -> None:
    storage = dict(STORED)
    pool, transport = pool_with(GONE, SMS, ALICE, storage=storage)

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SmsCodeRequired)
    assert storage == STORED
    done = await pool.answer(step.code("123456"))

    assert isinstance(done, SignedIn)
    assert "DEVICE_KEY" not in transport.requests[2].body["ChallengeResponses"]
    assert not STORED.keys() & storage.keys()


async def test_a_device_that_is_not_believed_does_not_lock_anybody_out() -> None:
    storage = dict(STORED)
    asked = says({"ChallengeName": "DEVICE_SRP_AUTH", "Session": "s"})
    pool, _ = pool_with(
        asked, refuses("NotAuthorizedException", "Incorrect username or password."), storage=storage
    )

    with pytest.raises(NotAuthorizedException):
        await pool.answer(TotpRequired(client_id="7ghr", username="alice").code("123456"))

    assert storage == {}


async def test_a_pool_may_leave_devices_alone() -> None:
    storage = dict(STORED)
    pool, transport = pool_with(lets_in_with_a_new_device(), storage=storage, remember_devices=False)

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert isinstance(step, SignedIn)
    assert step.new_device is not None
    assert transport.operations == ["InitiateAuth"]
    assert "DEVICE_KEY" not in transport.requests[0].body["AuthParameters"]
    assert STORED.items() <= storage.items()


async def test_a_device_without_its_secret_is_a_step() -> None:
    pool, _ = pool_with(says({"ChallengeName": "DEVICE_SRP_AUTH", "Session": "s"}))

    assert isinstance(await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"), DeviceRequired)


async def test_a_device_that_a_renewal_finds_forgotten_is_dropped() -> None:
    storage = dict(STORED)
    claims = {"device_key": "us-east-1_1"}
    pool, _ = pool_with(
        grants("alice", expires_epoch=NOON + 3600, more=claims),
        GONE,
        grants("alice", expires_epoch=NOON + 7200),
        storage=storage,
    )
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)

    await step.user.refresh()

    assert not STORED.keys() & storage.keys()


# ---- flows ----


@pytest.mark.parametrize(
    ("given", "flow"),
    [
        ({"password": "pw"}, "USER_SRP_AUTH"),
        ({"session": "of the sign-up"}, "USER_AUTH"),
        ({"preferred_challenge": "EMAIL_OTP"}, "USER_AUTH"),
        ({"flow": "CUSTOM_AUTH"}, "CUSTOM_AUTH"),
    ],
)
async def test_what_is_given_tells_the_flow(given: dict[str, Any], flow: str) -> None:
    pool, transport = pool_with(ALICE)

    await pool.sign_in("alice", **given)

    assert transport.requests[0].body["AuthFlow"] == flow


async def test_nobody_signs_in_with_nothing() -> None:
    pool, transport = pool_with()

    with pytest.raises(ChallengeError, match="password"):
        await pool.sign_in("alice")

    assert transport.requests == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (SmsCodeRequired(client_id="7ghr", username="alice", session="a secret"), "a step"),
        (SignedIn(None), "a step"),
        ("123456", "of type str"),
    ],
)
async def test_what_is_no_answer_is_told_apart_from_one(given: Any, kind: str) -> None:
    pool, transport = pool_with()

    with pytest.raises(ChallengeError, match=f"This is {kind}, not an answer: ") as refused:
        await pool.answer(given)

    assert "secret" not in str(refused.value)
    assert "123456" not in str(refused.value)
    assert transport.requests == []


async def test_an_app_is_set_up_in_the_middle_of_a_sign_in() -> None:
    setup = {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]'}
    pool, transport = pool_with(
        says({"ChallengeName": "MFA_SETUP", "Session": "s1", "ChallengeParameters": setup}),
        says({"SecretCode": "JBSWY3DP", "Session": "s2"}),
        refuses("EnableSoftwareTokenMFAException", "Code mismatch"),
        says({"Status": "SUCCESS", "Session": "s3"}),
        ALICE,
    )

    first = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    setting_up: Any = await pool.answer(first.totp())  # type: ignore[union-attr]
    assert isinstance(setting_up, TotpSetupRequired)
    with pytest.raises(Exception, match="Code mismatch"):
        await pool.answer(setting_up.code("000000"))
    done = await pool.answer(setting_up.code("123456", "phone"))

    assert isinstance(done, SignedIn)
    assert transport.operations[1:] == [
        "AssociateSoftwareToken",
        "VerifySoftwareToken",
        "VerifySoftwareToken",
        "RespondToAuthChallenge",
    ]


async def test_a_proof_at_a_later_step_tells_the_service_s_time() -> None:
    parameters = {"SALT": "1f", "SRP_B": "a" * 64, "SECRET_BLOCK": "c2VhbGVk", "USER_ID_FOR_SRP": "alice"}
    question = says({"ChallengeName": "CUSTOM_CHALLENGE", "Session": "s1"})
    late = {"ChallengeName": "PASSWORD_VERIFIER", "Session": "s2", "ChallengeParameters": parameters}
    pool, transport = pool_with(question, says(late), ALICE)

    step: Any = await pool.sign_in("alice", "pw", flow="CUSTOM_AUTH")
    step = await pool.answer(step.answer("blue"))
    assert isinstance(step, PasswordRequired)
    await pool.answer(step.password("pw"))

    responses = transport.requests[2].body["ChallengeResponses"]
    assert responses["TIMESTAMP"] == "Thu Jan 1 12:00:00 UTC 2026"


# ---- a code once more ----


async def test_a_code_is_sent_again_by_the_same_way() -> None:
    choice = {"MFAS_CAN_CHOOSE": '["SMS_MFA","EMAIL_OTP"]'}
    asked = says({"ChallengeName": "SELECT_MFA_TYPE", "Session": "r", "ChallengeParameters": choice})
    again = says({"ChallengeName": "SMS_MFA", "Session": "s2", "ChallengeParameters": {}})
    pool, transport = pool_with(SMS, asked, again)
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SmsCodeRequired)

    newer = await pool.send_code_again(step, "pw")

    assert isinstance(newer, SmsCodeRequired)
    assert newer.session == "s2"
    assert transport.requests[1].body["AuthFlow"] == "USER_PASSWORD_AUTH"
    assert transport.requests[2].body["ChallengeResponses"]["ANSWER"] == "SMS_MFA"


async def test_a_one_time_code_is_sent_again_without_a_password() -> None:
    asked = says({"ChallengeName": "EMAIL_OTP", "Session": "s", "ChallengeParameters": {}})
    pool, transport = pool_with(asked, asked)
    step = await pool.sign_in("alice", preferred_challenge="EMAIL_OTP")
    assert isinstance(step, EmailCodeRequired)

    assert isinstance(await pool.send_code_again(step), EmailCodeRequired)

    assert transport.requests[1].body == transport.requests[0].body


async def test_no_step_keeps_the_password_to_send_a_code_again() -> None:
    pool, transport = pool_with(SMS)
    step = await pool.sign_in("alice", "the password", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SmsCodeRequired)

    assert "the password" not in step.dump()
    with pytest.raises(ChallengeError):
        await pool.send_code_again(step)
    with pytest.raises(ChallengeError):
        await pool.send_code_again(SmsCodeRequired(client_id="7ghr", username="alice"))
    assert len(transport.requests) == 1


# ---- administrators ----


async def test_an_administrator_signs_and_everybody_else_does_not() -> None:
    pool, transport = pool_with(SMS, ALICE, ALICE, credentials=KEY)

    step = await pool.admin_sign_in("alice", "pw")
    assert isinstance(step, SmsCodeRequired)
    done = await pool.answer(step.code("123456"))
    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert isinstance(done, SignedIn)
    assert transport.operations == ["AdminInitiateAuth", "AdminRespondToAuthChallenge", "InitiateAuth"]
    signed = [request.headers.get("Authorization", "") for request in transport.requests]
    assert ["AKIDEXAMPLE/20260101/us-east-1/cognito-idp" in text for text in signed] == [True, True, False]
    assert transport.requests[0].body["UserPoolId"] == "us-east-1_aB12cDe34"
    assert transport.requests[0].body["AuthFlow"] == "ADMIN_USER_PASSWORD_AUTH"


async def test_an_administrator_renews_tokens() -> None:
    pool, transport = pool_with(grants("alice", expires_epoch=NOON + 7200), credentials=lambda: KEY)
    old = Tokens(token_text({"username": "alice"}), refresh_token="r")

    tokens = await pool.admin_refresh(old)

    assert tokens.expires_epoch == NOON + 7200
    assert transport.requests[0].body["AuthParameters"] == {"REFRESH_TOKEN": "r"}
    assert pool.current_user() is None


# ---- events ----


async def test_a_listener_hears_of_challenges_and_of_the_end() -> None:
    heard: list[Event] = []
    strange = says({"ChallengeName": "RETINA_SCAN", "Session": "s"})
    pool, _ = pool_with(strange, SMS, ALICE, on_event=heard.append)

    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SmsCodeRequired)
    await pool.answer(step.code("123456"))

    assert heard == [
        ChallengeReceived("alice", "RETINA_SCAN"),
        ChallengeReceived("alice", "SMS_MFA"),
        SignedInEvent("alice"),
    ]


async def test_tokens_that_could_not_be_stored_let_nobody_in() -> None:
    class Full(dict[str, str]):
        def update(self, *_: object, **__: str) -> None:
            raise StorageError("The disk is full.")

    pool, transport = pool_with(
        grants("alice", expires_epoch=NOON + 3600, refresh_token="r"), says(), storage=Full()
    )

    with pytest.raises(StorageError, match="full"):
        await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert transport.operations == ["InitiateAuth", "RevokeToken"]
    assert transport.requests[1].body["Token"] == "r"
