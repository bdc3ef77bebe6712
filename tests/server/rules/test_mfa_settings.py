"""The second factors of a user pool."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.records import Pool, PoolFactors
from userpool.server.rules.mfa_settings import check_factors, configured, factors_at_first, told
from userpool.wire.faults import FeatureUnavailableInTierException, InvalidParameterException
from userpool.wire.mfa import EmailMfaConfigType, SetUserPoolMfaConfigRequest, WebAuthnConfigurationType
from userpool.wire.user_pools import UserPoolType

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "people"}
TOKEN = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
DEVELOPER = {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}}
EMPTY: dict[str, Any] = {}
NO_FACTOR = "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled."
NO_SMS = "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"


def pool(**members: Any) -> Pool:
    """Return a pool that is described in the wire's words."""
    description = msgspec.convert({"UserPoolTier": "ESSENTIALS", **members}, UserPoolType)
    return Pool(pool_id="us-east-1_a", version=1, description=description)


def configure(before: Pool, **members: Any) -> Pool:
    """Return a pool after SetUserPoolMfaConfig."""
    request = msgspec.convert({"UserPoolId": before.pool_id, **members}, SetUserPoolMfaConfigRequest)
    return configured(before, request)


def shown(of: Pool) -> dict[str, Any]:
    """Return what GetUserPoolMfaConfig tells."""
    found: dict[str, Any] = msgspec.to_builtins(told(of))
    return found


# ---- what is kept and told ----


def test_a_bare_pool_tells_that_mfa_is_off_and_nothing_else() -> None:
    assert shown(pool()) == {"MfaConfiguration": "OFF"}


def test_all_factors_are_told_as_they_were_given() -> None:
    members: dict[str, Any] = {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": {
            "SmsAuthenticationMessage": "Code {####}",
            "SmsConfiguration": SMS,
        },
        "EmailMfaConfiguration": {"Message": "Code {####}", "Subject": "Your code"},
        "WebAuthnConfiguration": {"RelyingPartyId": "example.com", "UserVerification": "required"},
        **TOKEN,
    }

    after = configure(pool(**DEVELOPER), **members)

    assert shown(after) == members
    assert after.factors.sms
    assert after.description.sms_authentication_message == "Code {####}"


def test_what_is_left_out_is_gone() -> None:
    before = configure(
        pool(**DEVELOPER), MfaConfiguration="ON", EmailMfaConfiguration={"Subject": "Your code"}, **TOKEN
    )

    after = configure(before, MfaConfiguration="OPTIONAL", **TOKEN)

    assert shown(after) == {"MfaConfiguration": "OPTIONAL", **TOKEN}


def test_without_a_mode_mfa_is_off() -> None:
    before = configure(pool(), MfaConfiguration="ON", **TOKEN)

    assert shown(configure(before)) == {"MfaConfiguration": "OFF"}


def test_codes_by_sms_go_by_the_configuration_that_the_pool_has() -> None:
    after = configure(pool(SmsConfiguration=SMS), MfaConfiguration="ON", SmsMfaConfiguration={})

    assert shown(after)["SmsMfaConfiguration"] == {"SmsConfiguration": SMS}


def test_a_pool_made_with_mfa_has_codes_by_sms() -> None:
    assert factors_at_first(pool(MfaConfiguration="ON").description) == PoolFactors(sms=True)
    assert factors_at_first(pool(MfaConfiguration="OFF").description) == PoolFactors()


# ---- what is refused ----


@pytest.mark.parametrize(
    "factor",
    [TOKEN, {"EmailMfaConfiguration": EMPTY}, {"SmsMfaConfiguration": {"SmsConfiguration": SMS}}],
    ids=["token", "e-mail", "sms"],
)
@pytest.mark.parametrize("mode", [{"MfaConfiguration": "OFF"}, EMPTY], ids=["off", "left out"])
def test_mfa_that_is_off_has_no_factors(factor: dict[str, Any], mode: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        configure(pool(**DEVELOPER), **mode, **factor)

    assert caught.value.message == (
        "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
    )


def test_passkeys_are_no_second_factor_and_may_be_configured_beside_mfa_that_is_off() -> None:
    passkeys = {"RelyingPartyId": "example.com"}

    after = configure(pool(), MfaConfiguration="OFF", WebAuthnConfiguration=passkeys)

    assert shown(after) == {"MfaConfiguration": "OFF", "WebAuthnConfiguration": passkeys}


@pytest.mark.parametrize("mode", ["ON", "OPTIONAL"])
@pytest.mark.parametrize(
    "members",
    [
        EMPTY,
        {"SoftwareTokenMfaConfiguration": {"Enabled": False}},
        {"WebAuthnConfiguration": {"RelyingPartyId": "example.com"}},
    ],
)
def test_mfa_that_is_on_has_a_factor(mode: str, members: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        configure(pool(), MfaConfiguration=mode, **members)

    assert caught.value.message == NO_FACTOR


def test_codes_by_sms_need_a_configuration() -> None:
    with pytest.raises(InvalidParameterException) as caught:
        configure(pool(), MfaConfiguration="ON", SmsMfaConfiguration={})

    assert caught.value.message == NO_SMS


@pytest.mark.parametrize(
    "members", [EMPTY, {"EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}}]
)
def test_codes_by_email_need_an_account_to_send_from(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException, match="EmailSendingAccount DEVELOPER"):
        configure(pool(**members), MfaConfiguration="ON", EmailMfaConfiguration={})


def test_codes_by_email_are_not_in_the_lowest_plan() -> None:
    with pytest.raises(FeatureUnavailableInTierException, match="Email MFA"):
        configure(pool(UserPoolTier="LITE", **DEVELOPER), MfaConfiguration="ON", EmailMfaConfiguration={})


@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP"])
def test_where_mfa_is_required_a_code_is_no_first_factor(factor: str) -> None:
    before = pool(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", factor]}})

    configure(before, MfaConfiguration="OPTIONAL", **TOKEN)
    with pytest.raises(InvalidParameterException) as caught:
        configure(before, MfaConfiguration="ON", **TOKEN)

    assert caught.value.message == (
        "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"
    )


def test_where_mfa_is_required_a_passkey_is_more_than_a_single_factor() -> None:
    description = pool(
        MfaConfiguration="ON",
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    ).description
    single = WebAuthnConfigurationType(factor_configuration="SINGLE_FACTOR")
    both = WebAuthnConfigurationType(factor_configuration="MULTI_FACTOR_WITH_USER_VERIFICATION")

    check_factors(description, PoolFactors(software_token=True, webauthn=both))
    with pytest.raises(InvalidParameterException) as caught:
        check_factors(description, PoolFactors(software_token=True, webauthn=single))

    assert caught.value.message == (
        "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an "
        "allowed first auth factor"
    )


def test_one_phone_does_not_both_prove_and_recover() -> None:
    recovery = {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_phone_number"}]}
    description = pool(
        MfaConfiguration="ON", SmsConfiguration=SMS, AccountRecoverySetting=recovery
    ).description

    check_factors(description, PoolFactors(software_token=True))
    with pytest.raises(InvalidParameterException) as caught:
        check_factors(description, PoolFactors(sms=True))

    assert caught.value.message == (
        "Invalid account recovery setting parameter. Account Recovery Setting cannot use "
        "verified_phone_number as a recovery mechanism when SMS MFA is configured."
    )


def test_of_a_pool_without_mfa_nothing_is_asked() -> None:
    check_factors(pool().description, PoolFactors(email=EmailMfaConfigType()))
