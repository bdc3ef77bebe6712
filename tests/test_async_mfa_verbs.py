"""What a signed-in person does with their second factors."""

from __future__ import annotations

from typing import Any

import pytest
from async_scene import KEYS, Scene

from userpool import SettingsError
from userpool.transport.scripted import refuses, says
from userpool.wire.faults import EnableSoftwareTokenMFAException

pytestmark = pytest.mark.anyio

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW"


async def test_only_the_factors_that_are_named_are_sent() -> None:
    # amazon-cognito-identity-js sends null for the others.
    scene = Scene()
    alice = await scene.somebody(says({}), says({}))

    await alice.set_mfa_preference(totp="preferred", sms="disabled")
    await alice.set_mfa_preference(email="not_preferred", passkey="enabled")

    assert [body for _, body in scene.asked()] == [
        {
            "SMSMfaSettings": {"Enabled": False},
            "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
        },
        {
            "EmailMfaSettings": {"Enabled": True, "PreferredMfa": False},
            "WebAuthnMfaSettings": {"Enabled": True},
        },
    ]


@pytest.mark.parametrize("settings", [{}, {"sms": "ENABLED"}, {"passkey": "preferred"}])
async def test_a_setting_that_means_nothing_is_not_sent(settings: Any) -> None:
    scene = Scene()
    alice = await scene.somebody()

    with pytest.raises(SettingsError):
        await alice.set_mfa_preference(**settings)

    assert scene.asked() == []


async def test_the_preference_is_read_in_the_words_in_which_it_is_set() -> None:
    scene = Scene()
    told = {"PreferredMfaSetting": "EMAIL_OTP", "UserMFASettingList": ["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]}
    alice = await scene.somebody(says({"Username": "alice", "UserAttributes": [], **told}))

    preference = await alice.mfa_preference()

    assert (preference.sms, preference.totp, preference.email) == ("disabled", "enabled", "preferred")
    assert (preference.preferred, preference.enabled) == ("EMAIL_OTP", ("EMAIL_OTP", "SOFTWARE_TOKEN_MFA"))


async def test_the_old_way_knows_sms_only() -> None:
    scene = Scene()
    option = {"DeliveryMedium": "SMS", "AttributeName": "phone_number"}
    told = says({"Username": "alice", "UserAttributes": [], "MFAOptions": [option]})
    alice = await scene.somebody(says({}), told, says({}))

    await alice.set_user_settings(sms_mfa=True)
    [read] = await alice.mfa_options()
    await alice.set_user_settings(sms_mfa=False)

    assert (read.medium, read.attribute) == ("SMS", "phone_number")
    assert scene.asked()[0] == ("SetUserSettings", {"MFAOptions": [option]})
    assert scene.asked()[2] == ("SetUserSettings", {"MFAOptions": []})


async def test_a_change_of_factors_drops_the_kept_profile() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))
    scene.storage[f"{KEYS}alice.userData"] = "{}"

    await alice.set_mfa_preference(totp="enabled")

    assert f"{KEYS}alice.userData" not in scene.storage


async def test_an_app_is_shown_its_secret_and_proves_itself() -> None:
    scene = Scene()
    alice = await scene.somebody(says({"SecretCode": SECRET}), says({"Status": "SUCCESS"}))

    setup = await alice.begin_totp_setup()
    await alice.verify_totp("123456", device_name="my phone")

    assert (setup.secret, setup.account) == (SECRET, "alice")
    assert SECRET not in repr(setup)
    assert scene.asked() == [
        ("AssociateSoftwareToken", {}),
        ("VerifySoftwareToken", {"UserCode": "123456", "FriendlyDeviceName": "my phone"}),
    ]


@pytest.mark.parametrize(
    "refusal", [refuses("EnableSoftwareTokenMFAException", "Code mismatch"), says({"Status": "ERROR"})]
)
async def test_a_wrong_code_is_tried_again_with_the_same_secret(refusal: Any) -> None:
    scene = Scene()
    alice = await scene.somebody(says({"SecretCode": SECRET}), refusal, says({"Status": "SUCCESS"}))

    await alice.begin_totp_setup()
    with pytest.raises(EnableSoftwareTokenMFAException):
        await alice.verify_totp("000000")
    await alice.verify_totp("123456")

    assert [operation for operation, _ in scene.asked()].count("AssociateSoftwareToken") == 1


async def test_the_factors_of_a_person_are_told() -> None:
    scene = Scene()
    told = {
        "Username": "alice",
        "UserMFASettingList": ["SMS_MFA"],
        "ConfiguredUserAuthFactors": ["PASSWORD", "WEB_AUTHN"],
    }
    alice = await scene.somebody(says(told))

    factors = await alice.auth_factors()

    assert (factors.configured, factors.mfa.enabled) == (("PASSWORD", "WEB_AUTHN"), ("SMS_MFA",))
    assert (factors.username, factors.mfa.preferred) == ("alice", None)
