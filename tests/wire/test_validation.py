from __future__ import annotations

import json
from typing import Any

import pytest

from userpool.wire.branding import SetUICustomization
from userpool.wire.codec import decode_request
from userpool.wire.developer_identities import GetOpenIdTokenForDeveloperIdentity
from userpool.wire.domains import CreateUserPoolDomain
from userpool.wire.faults import InvalidParameterException, SerializationException, ValidationException
from userpool.wire.identities import GetId
from userpool.wire.identity_pools import CreateIdentityPool, SetIdentityPoolRoles
from userpool.wire.operation import Operation
from userpool.wire.sign_in import InitiateAuth
from userpool.wire.sign_up import ConfirmSignUp, SignUp
from userpool.wire.user_pool_clients import CreateUserPoolClient
from userpool.wire.user_pools import AddCustomAttributes, CreateUserPool
from userpool.wire.users import AdminGetUser, ListUsers

VISIBLE = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"


def test_one_violation_is_told_in_the_singular() -> None:
    assert refusal(AdminGetUser, {"UserPoolId": "x", "Username": "ann"}) == (
        "1 validation error detected: "
        "Value 'x' at 'userPoolId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+"
    )


def test_a_missing_member_is_null() -> None:
    assert refusal(AdminGetUser, {"UserPoolId": "eu_a", "Username": None}) == (
        "1 validation error detected: "
        "Value null at 'username' failed to satisfy constraint: Member must not be null"
    )


def test_all_violations_of_a_member_are_told_and_a_secret_is_not_quoted() -> None:
    assert refusal(AdminGetUser, {"UserPoolId": "eu_a", "Username": ""}) == (
        "2 validation errors detected: "
        "Value at 'username' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value at 'username' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {VISIBLE}"
    )


@pytest.mark.parametrize(
    ("operation", "document"),
    [
        (SignUp, {"ClientId": "c", "Username": "ann", "Password": "canary a"}),
        (SignUp, {"ClientId": "canary!", "Username": "canary b"}),
        (
            SignUp,
            {"ClientId": "c", "Username": "a", "UserAttributes": [{"Name": "n", "Value": "canary" * 400}]},
        ),
        (ConfirmSignUp, {"ClientId": "c", "Username": "ann", "ConfirmationCode": "canary 1"}),
        (
            InitiateAuth,
            {"AuthFlow": "CUSTOM_AUTH", "ClientId": "c", "AuthParameters": {"P": "canary" * 30_000}},
        ),
        (GetId, {"IdentityPoolId": "eu:1", "Logins": {"issuer": "canary" * 10_000}}),
    ],
)
def test_no_secret_is_ever_quoted(operation: Operation[Any, Any], document: dict[str, Any]) -> None:
    message = refusal(operation, document)

    assert "Value at '" in message
    assert "canary" not in message


def test_members_of_structures_in_lists_are_counted_from_one() -> None:
    attributes = [{"Name": "a"}, {"Name": "x" * 21}]

    assert refusal(AddCustomAttributes, {"UserPoolId": "eu_a", "CustomAttributes": attributes}) == (
        "1 validation error detected: "
        f"Value '{'x' * 21}' at 'customAttributes.2.member.name' failed to satisfy "
        "constraint: Member must have length less than or equal to 20"
    )


def test_members_of_structures_in_maps_are_found_by_their_key() -> None:
    roles = {"IdentityPoolId": "eu:1", "Roles": {}, "RoleMappings": {"issuer": {"Type": "Magic"}}}

    assert refusal(SetIdentityPoolRoles, roles) == (
        "1 validation error detected: "
        "Value 'Magic' at 'roleMappings.issuer.member.type' failed to satisfy "
        "constraint: Member must satisfy enum value set: [Token, Rules]"
    )


def test_a_word_that_is_not_listed_is_told_with_the_list() -> None:
    assert refusal(CreateUserPool, {"PoolName": "p", "MfaConfiguration": "MAYBE"}) == (
        "1 validation error detected: "
        "Value 'MAYBE' at 'mfaConfiguration' failed to satisfy constraint: "
        "Member must satisfy enum value set: [OFF, ON, OPTIONAL]"
    )


def test_a_list_of_words_is_judged_as_a_whole() -> None:
    client = {"UserPoolId": "eu_a", "ClientName": "app", "AllowedOAuthFlows": ["code", "magic"]}

    assert refusal(CreateUserPoolClient, client) == (
        "1 validation error detected: "
        "Value '[code, magic]' at 'allowedOAuthFlows' failed to satisfy constraint: "
        "Member must satisfy constraint: "
        "[Member must satisfy enum value set: [code, implicit, client_credentials]]"
    )


def test_a_list_of_texts_is_told_with_every_rule_of_an_item() -> None:
    client = {"UserPoolId": "eu_a", "ClientName": "app", "CallbackURLs": ["https://a", "a b"]}

    assert refusal(CreateUserPoolClient, client) == (
        "1 validation error detected: "
        "Value '[https://a, a b]' at 'callbackURLs' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, "
        "Member must have length greater than or equal to 1, "
        f"Member must satisfy regular expression pattern: {VISIBLE}]"
    )


def test_a_list_that_is_too_long_is_told_by_its_length() -> None:
    client = {"UserPoolId": "eu_a", "ClientName": "app", "AllowedOAuthFlows": ["code"] * 4}

    assert refusal(CreateUserPoolClient, client) == (
        "1 validation error detected: "
        "Value '[code, code, code, code]' at 'allowedOAuthFlows' failed to satisfy "
        "constraint: Member must have length less than or equal to 3"
    )


def test_a_list_of_structures_is_not_quoted() -> None:
    attributes = [{"Name": "canary"}] * 26

    assert refusal(AddCustomAttributes, {"UserPoolId": "eu_a", "CustomAttributes": attributes}) == (
        "1 validation error detected: "
        "Value at 'customAttributes' failed to satisfy constraint: "
        "Member must have length less than or equal to 25"
    )


def test_a_null_in_a_list_is_a_missing_item() -> None:
    client = {"UserPoolId": "eu_a", "ClientName": "app", "CallbackURLs": ["https://a", None]}

    assert refusal(CreateUserPoolClient, client) == (
        "1 validation error detected: "
        "Value null at 'callbackURLs.2.member' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_keys_and_values_of_a_map_are_told_apart() -> None:
    pool = {"PoolName": "p", "UserPoolTags": {"": "v" * 257}}
    begin = f"Value '{{={'v' * 257}}}' at 'userPoolTags' failed to satisfy constraint: "

    assert refusal(CreateUserPool, pool) == (
        f"2 validation errors detected: {begin}Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 1]; "
        f"{begin}Map value must satisfy constraint: [Member must have length less than or equal to 256]"
    )


def test_a_number_out_of_range_is_told_with_the_bound() -> None:
    assert refusal(ListUsers, {"UserPoolId": "eu_a", "Limit": 61}) == (
        "1 validation error detected: "
        "Value '61' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 60"
    )
    assert refusal(ListUsers, {"UserPoolId": "eu_a", "Limit": -1}).endswith("greater than or equal to 0")


def test_bytes_are_judged_by_their_decoded_length() -> None:
    image = {"UserPoolId": "eu_a", "ImageFile": "AAAA" * 43_691}

    assert refusal(SetUICustomization, image) == (
        "1 validation error detected: "
        "Value at 'imageFile' failed to satisfy constraint: "
        "Member must have length less than or equal to 131072"
    )


def test_a_long_value_is_cut_off_in_the_message() -> None:
    message = refusal(CreateUserPoolDomain, {"UserPoolId": "eu_a", "Domain": "x" * 100_000})

    assert len(message) < 4_600
    assert f"Value '{'x' * 2048}…' at 'domain' failed" in message


def test_identity_pools_call_it_a_validation_exception() -> None:
    pool = {
        "IdentityPoolName": "p",
        "AllowUnauthenticatedIdentities": True,
        "SupportedLoginProviders": {"a": "b c"},
    }

    with pytest.raises(ValidationException) as refused:
        decode_request(CreateIdentityPool, json.dumps(pool).encode())

    # seen: aws-cdk#31795.
    assert refused.value.message == (
        "1 validation error detected: "
        "Value '{a=b c}' at 'supportedLoginProviders' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 1, "
        r"Member must satisfy regular expression pattern: [\w.;_/-]+]"
    )


@pytest.mark.parametrize(
    ("operation", "document", "message"),
    [
        (ListUsers, {"Limit": "60"}, "STRING_VALUE can not be converted to an Integer"),
        (ListUsers, {"Limit": 5.5}, "NUMBER_VALUE can not be converted to an Integer"),
        (ListUsers, {"Limit": 10**30}, "NUMBER_VALUE can not be converted to an Integer"),
        (ListUsers, {"Limit": True}, "TRUE_VALUE can not be converted to an Integer"),
        (ListUsers, {"Filter": False}, "FALSE_VALUE can not be converted to a String"),
        (ListUsers, {"Filter": 1}, "NUMBER_VALUE can not be converted to a String"),
        (ListUsers, {"Filter": []}, "Start of list found where not expected."),
        (ListUsers, {"Filter": {}}, "Start of structure or map found where not expected."),
        (ListUsers, {"AttributesToGet": "email"}, "Expected a JSON list."),
        (ListUsers, {"AttributesToGet": [1]}, "NUMBER_VALUE can not be converted to a String"),
        (SignUp, {"UserContextData": "x"}, "Expected a JSON object."),
        (SignUp, {"ClientMetadata": []}, "Expected a JSON object."),
        (SignUp, {"ClientMetadata": {"a": 1}}, "NUMBER_VALUE can not be converted to a String"),
        (CreateUserPoolClient, {"GenerateSecret": "true"}, "STRING_VALUE can not be converted to a Boolean"),
        (SetUICustomization, {"ImageFile": "no base64!"}, "STRING_VALUE can not be converted to a Blob"),
        (SetUICustomization, {"ImageFile": "é"}, "STRING_VALUE can not be converted to a Blob"),
    ],
)
def test_a_wrong_json_type_is_told_before_anything_else(
    operation: Operation[Any, Any], document: dict[str, Any], message: str
) -> None:
    with pytest.raises(SerializationException) as refused:
        decode_request(operation, json.dumps(document).encode())

    assert refused.value.message == message


def test_a_number_of_the_wire_may_not_leave_its_width() -> None:
    token = {"IdentityPoolId": "eu:1", "Logins": {"a": "b"}, "TokenDuration": 2**63}

    with pytest.raises(SerializationException):
        decode_request(GetOpenIdTokenForDeveloperIdentity, json.dumps(token).encode())


def refusal(operation: Operation[Any, Any], document: dict[str, Any]) -> str:
    """Return the message with which a request is refused."""
    refusals = (InvalidParameterException, ValidationException)
    with pytest.raises(refusals) as refused:
        decode_request(operation, json.dumps(document).encode())
    return refused.value.message
