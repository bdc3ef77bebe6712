"""The settings of a user pool."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.rules.pool_settings import check_settings, description_of, unbuilt_feature
from userpool.wire.faults import FeatureUnavailableInTierException, InvalidParameterException
from userpool.wire.user_pools import CreateUserPoolRequest, UserPoolType

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/0"


def described(**members: Any) -> UserPoolType:
    """Return the description of a pool that was asked for in the wire's words."""
    return description_of(msgspec.convert({"PoolName": "people", **members}, CreateUserPoolRequest))


def told(**members: Any) -> dict[str, Any]:
    """Return the description in the wire's words, without the schema."""
    described_pool: dict[str, Any] = msgspec.to_builtins(described(**members))
    del described_pool["SchemaAttributes"]
    return described_pool


def mechanisms(*named: tuple[int, str]) -> dict[str, Any]:
    """Return an account recovery setting."""
    return {"RecoveryMechanisms": [{"Priority": priority, "Name": name} for priority, name in named]}


def test_a_pool_that_is_only_named_has_the_defaults_of_the_service() -> None:
    assert told() == {
        "Name": "people",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 7,
            }
        },
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "MfaConfiguration": "OFF",
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
        "UserPoolTier": "ESSENTIALS",
    }


def test_a_flag_that_a_given_password_policy_leaves_out_is_off() -> None:
    policy = told(Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}})["Policies"]

    assert policy["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireUppercase": False,
        "RequireLowercase": False,
        "RequireNumbers": True,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
    }


def test_a_sign_in_policy_alone_leaves_the_password_policy_strong() -> None:
    policies = told(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}})["Policies"]

    assert policies["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}
    assert policies["PasswordPolicy"]["RequireSymbols"] is True


@pytest.mark.parametrize(
    ("members", "days"),
    [
        ({"Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 30}}}, 30),
        ({"Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 0}}}, 7),
        ({"AdminCreateUserConfig": {"UnusedAccountValidityDays": 90}}, 90),
        (
            {
                "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 2}},
                "AdminCreateUserConfig": {"UnusedAccountValidityDays": 90},
            },
            2,
        ),
    ],
)
def test_the_days_of_a_temporary_password_are_told_under_both_their_names(
    members: dict[str, Any], days: int
) -> None:
    pool = told(**members)

    assert pool["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == days
    assert pool["AdminCreateUserConfig"]["UnusedAccountValidityDays"] == days


@pytest.mark.parametrize(
    "members",
    [
        {"AutoVerifiedAttributes": ["email"]},
        {"AliasAttributes": ["email", "preferred_username"]},
        {"UsernameAttributes": ["email"]},
        {"UsernameConfiguration": {"CaseSensitive": False}},
        {"UserPoolTags": {"team": "blue"}},
        {"SmsConfiguration": SMS},
        {"SmsAuthenticationMessage": "Your code is {####}"},
        {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "From": "Ann <ann@example.com>"}},
        {"AccountRecoverySetting": mechanisms((1, "verified_email"), (2, "verified_phone_number"))},
        {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
        {
            "VerificationMessageTemplate": {
                "SmsMessage": "{####}!!",
                "DefaultEmailOption": "CONFIRM_WITH_CODE",
            }
        },
        {"UserPoolAddOns": {"AdvancedSecurityMode": "OFF"}},
        {"DeletionProtection": "ACTIVE"},
        {"UserPoolTier": "LITE"},
        {"KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"}},
        {"UserPoolTier": "LITE", "DcrConfiguration": {"EnableStatus": "Disabled"}},
    ],
)
def test_what_was_asked_for_is_described_as_it_was(members: dict[str, Any]) -> None:
    pool = described(**members)

    check_settings(pool)

    assert unbuilt_feature(pool) is None
    assert members.items() <= msgspec.to_builtins(pool).items()


def test_an_invitation_keeps_its_template() -> None:
    config = {"AllowAdminCreateUserOnly": True, "InviteMessageTemplate": {"EmailSubject": "Welcome"}}

    kept = told(AdminCreateUserConfig=config)["AdminCreateUserConfig"]

    assert kept == {**config, "UnusedAccountValidityDays": 7}


def test_a_schema_is_the_standard_one_with_what_was_declared() -> None:
    pool = described(Schema=[{"Name": "team", "AttributeDataType": "String"}])

    assert pool.schema_attributes is not None
    assert len(pool.schema_attributes) == 21
    assert pool.schema_attributes[-1].name == "custom:team"


def test_an_empty_device_configuration_is_none() -> None:
    pool = described(DeviceConfiguration={})

    assert pool.device_configuration is None
    assert unbuilt_feature(pool) is None


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
        ),
        (
            {
                "AliasAttributes": ["preferred_username"],
                "Schema": [{"Name": "preferred_username", "Required": True}],
            },
            "preferred_username can't be both a required attribute and an alias.",
        ),
        (
            {"AccountRecoverySetting": mechanisms((1, "admin_only"), (2, "verified_email"))},
            "Invalid account recovery setting parameter. admin_only can't be combined with other mechanisms.",
        ),
        (
            {"AccountRecoverySetting": mechanisms((1, "verified_email"), (2, "verified_email"))},
            "Invalid account recovery setting parameter. Names and priorities of mechanisms have to differ.",
        ),
        (
            {"AccountRecoverySetting": mechanisms((1, "verified_email"), (1, "verified_phone_number"))},
            "Invalid account recovery setting parameter. Names and priorities of mechanisms have to differ.",
        ),
    ],
)
def test_settings_that_contradict_one_another_are_refused(members: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        check_settings(described(**members))

    assert caught.value.message == text


@pytest.mark.parametrize(
    "members",
    [
        {"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}},
        {"UserPoolTier": "LITE", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}},
        {"UserPoolTier": "LITE", "Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}},
        {
            "UserPoolTier": "LITE",
            "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        },
        {"UserPoolTier": "LITE", "DcrConfiguration": {"EnableStatus": "Enabled"}},
        {"UserPoolTier": "LITE", "AcrConfiguration": {"Level1": {"AcrValue": "low"}}},
    ],
)
def test_a_feature_of_a_higher_plan_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(FeatureUnavailableInTierException):
        check_settings(described(**members))


@pytest.mark.parametrize(
    ("members", "feature"),
    [
        (
            {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}},
            "Threat protection",
        ),
        (
            {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}},
            "Signing in by another factor than a password",
        ),
        ({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 1}}}, "The password history"),
        (
            {"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}},
            "Confirmation by link",
        ),
        (
            {"KeyConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": KEY}},
            "Encryption by a customer managed key",
        ),
        ({"IssuerConfiguration": {"Type": "UPDATED"}}, "The updated issuer"),
        ({"DcrConfiguration": {"EnableStatus": "Enabled"}}, "Dynamic client registration"),
        ({"AcrConfiguration": {"Level1": {"AcrValue": "low"}}}, "Naming authentication levels"),
    ],
)
def test_a_feature_that_is_not_built_is_named(members: dict[str, Any], feature: str) -> None:
    pool = described(**members)

    check_settings(pool)

    assert unbuilt_feature(pool) == feature
