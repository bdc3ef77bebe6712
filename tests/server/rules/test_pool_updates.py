"""What an update makes of a pool."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.records import Pool, PoolFactors
from userpool.server.rules.pool_settings import description_of
from userpool.server.rules.pool_updates import updated, with_custom_attributes
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import (
    CreateUserPoolRequest,
    SchemaAttributeTypeInput,
    UpdateUserPoolRequest,
)

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:hello"


def pool(factors: PoolFactors = PoolFactors(), **members: Any) -> Pool:  # noqa: B008 - it is frozen
    """Return a pool that was made in the wire's words."""
    description = description_of(msgspec.convert({"PoolName": "people", **members}, CreateUserPoolRequest))
    description.id, description.arn, description.creation_date = "us-east-1_a", "arn:a", 7.0
    return Pool(pool_id="us-east-1_a", version=1, description=description, factors=factors)


def update(before: Pool, **members: Any) -> Pool:
    """Return a pool after UpdateUserPool."""
    return updated(before, msgspec.convert({"UserPoolId": before.pool_id, **members}, UpdateUserPoolRequest))


def told(of: Pool) -> dict[str, Any]:
    """Return the description in the wire's words."""
    found: dict[str, Any] = msgspec.to_builtins(of.description)
    return found


@pytest.mark.parametrize(
    ("member", "given", "after"),
    [
        ("LambdaConfig", {"PreSignUp": LAMBDA}, {}),
        ("UserPoolTags", {"team": "blue"}, None),
        ("AutoVerifiedAttributes", ["email"], None),
        ("DeviceConfiguration", {"ChallengeRequiredOnNewDevice": True}, None),
        ("EmailVerificationMessage", "Code {####}", None),
        (
            "VerificationMessageTemplate",
            {"EmailMessage": "Code {####}", "DefaultEmailOption": "CONFIRM_WITH_CODE"},
            {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        ),
        (
            "EmailConfiguration",
            {"EmailSendingAccount": "DEVELOPER"},
            {"EmailSendingAccount": "COGNITO_DEFAULT"},
        ),
        (
            "AccountRecoverySetting",
            {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
            None,
        ),
        ("SmsConfiguration", SMS, None),
    ],
)
def test_what_an_update_leaves_out_has_its_default(member: str, given: Any, after: Any) -> None:
    before = pool(**{member: given})
    assert told(before)[member] == given

    assert told(update(before)).get(member) == after


@pytest.mark.parametrize(
    ("member", "given"),
    [
        ("DeletionProtection", "ACTIVE"),
        ("UserPoolTier", "LITE"),
        ("AliasAttributes", ["email"]),
        ("UsernameConfiguration", {"CaseSensitive": True}),
    ],
)
def test_what_an_update_leaves_out_and_protects_or_identifies_stays(member: str, given: Any) -> None:
    assert told(update(pool(**{member: given})))[member] == given


def test_a_pool_stays_the_one_that_it_was() -> None:
    before = pool(Schema=[{"Name": "rank", "AttributeDataType": "String"}])

    after = update(before, PoolName="folk")

    assert (after.description.id, after.description.arn, after.description.creation_date) == (
        "us-east-1_a",
        "arn:a",
        7.0,
    )
    assert after.description.schema_attributes == before.description.schema_attributes
    assert after.description.name == "folk"
    assert update(after).description.name == "folk"


def test_both_policies_stay_until_they_are_given() -> None:
    before = pool(
        Policies={
            "PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True},
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        }
    )

    unchanged, one = update(before), update(before, Policies={"PasswordPolicy": {"MinimumLength": 20}})

    assert told(unchanged)["Policies"] == told(before)["Policies"]
    assert told(one)["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}
    assert told(one)["Policies"]["PasswordPolicy"]["MinimumLength"] == 20
    assert told(one)["Policies"]["PasswordPolicy"]["RequireNumbers"] is False


# ---- second factors ----


def test_an_update_that_says_nothing_of_mfa_leaves_it_as_it_is() -> None:
    factors = PoolFactors(sms=True, software_token=True)
    before = pool(factors, MfaConfiguration="ON", SmsConfiguration=SMS)

    after = update(before)

    assert after.factors == factors
    assert told(after)["MfaConfiguration"] == "ON"
    assert told(after)["SmsConfiguration"] == SMS


def test_mfa_that_is_turned_off_has_no_factors() -> None:
    before = pool(PoolFactors(software_token=True), MfaConfiguration="ON")

    after = update(before, MfaConfiguration="OFF")

    assert (told(after)["MfaConfiguration"], after.factors) == ("OFF", PoolFactors())


def test_mfa_that_is_turned_on_has_codes_by_sms() -> None:
    after = update(pool(), MfaConfiguration="OPTIONAL", SmsConfiguration=SMS)

    assert after.factors == PoolFactors(sms=True)


@pytest.mark.parametrize("mode", ["OFF", "OPTIONAL"])
def test_an_update_does_not_begin_to_require_mfa(mode: str) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        update(pool(MfaConfiguration=mode), MfaConfiguration="ON", SmsConfiguration=SMS)

    assert caught.value.message == "Cannot turn MFA functionality ON, once the user pool has been created."


def test_mfa_that_is_required_may_be_required_again() -> None:
    before = pool(PoolFactors(software_token=True), MfaConfiguration="ON")

    assert update(before, MfaConfiguration="ON").factors == PoolFactors(software_token=True)


# ---- attributes ----


def declared(name: str, **members: Any) -> SchemaAttributeTypeInput:
    """Return a declaration of a custom attribute."""
    return SchemaAttributeTypeInput(name=name, attribute_data_type="String", **members)


def test_new_attributes_come_after_those_that_were_there() -> None:
    before = pool(Schema=[{"Name": "rank", "AttributeDataType": "String"}]).description

    after = with_custom_attributes(
        before, [declared("team"), declared("note", developer_only_attribute=True)]
    )

    names = [attribute.name for attribute in after.schema_attributes or []]
    assert names[-3:] == ["custom:rank", "custom:team", "dev:custom:note"]


@pytest.mark.parametrize("again", [[declared("rank")], [declared("team"), declared("team")]])
def test_an_attribute_is_not_declared_twice(again: list[SchemaAttributeTypeInput]) -> None:
    before = pool(Schema=[{"Name": "rank", "AttributeDataType": "String"}]).description

    with pytest.raises(InvalidParameterException) as caught:
        with_custom_attributes(before, again)

    name = f"custom:{again[0].name}"
    assert caught.value.message == f"{name}: Existing attribute already has name {name}."


def test_there_are_fifty_custom_attributes_at_most() -> None:
    before = pool().description
    fifty = with_custom_attributes(before, [declared(f"a{number}") for number in range(50)])

    with pytest.raises(InvalidParameterException, match="at most 50 custom attributes"):
        with_custom_attributes(fifty, [declared("one_more")])
