"""What an identity pool may be asked to be."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.rules.identity_pool_settings import (
    check_developer_provider,
    check_tags,
    description_of,
    role_mappings_of,
)
from userpool.wire.faults import InvalidParameterException
from userpool.wire.identity_pools import CreateIdentityPoolInput, IdentityPool, RoleMappingInput

POOL_ID = "us-east-1:0b3f1c52-0000-4000-8000-000000000000"
NAME = "cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34"
RULE = {"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": "arn:aws:iam::000000000000:role/x"}


def described(**members: Any) -> IdentityPool:
    asked = {"IdentityPoolName": "visitors", "AllowUnauthenticatedIdentities": True, **members}
    return description_of(msgspec.convert(asked, CreateIdentityPoolInput), POOL_ID)


def mapped(*roles: str, **members: Any) -> Any:
    asked = msgspec.convert({"Type": "Token", "AmbiguousRoleResolution": "Deny", **members}, RoleMappingInput)
    return role_mappings_of(roles, {NAME: asked})


def test_a_description_has_the_id_and_what_was_asked() -> None:
    told = described(AllowClassicFlow=False)

    assert (told.identity_pool_id, told.identity_pool_name) == (POOL_ID, "visitors")
    assert told.allow_classic_flow is False
    assert told.developer_provider_name is None


@pytest.mark.parametrize(
    "providers",
    [
        [{"ProviderName": NAME}],
        [{"ClientId": "abc"}],
        [{"ProviderName": NAME, "ClientId": "abc"}, {"ProviderName": NAME, "ClientId": "abc"}],
    ],
)
def test_user_pools_are_named_whole_and_once(providers: list[dict[str, str]]) -> None:
    with pytest.raises(InvalidParameterException):
        described(CognitoIdentityProviders=providers)


def test_two_clients_of_one_user_pool_may_be_trusted() -> None:
    providers = [{"ProviderName": NAME, "ClientId": client} for client in ("abc", "def")]

    assert len(described(CognitoIdentityProviders=providers).cognito_identity_providers or []) == 2


@pytest.mark.parametrize("name", ["cognito-identity.amazonaws.com", "accounts.google.com"])
def test_a_developer_provider_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(InvalidParameterException, match="name of another identity provider"):
        described(DeveloperProviderName=name, SupportedLoginProviders={"accounts.google.com": "1"})


def test_a_developer_provider_may_be_added_and_not_changed() -> None:
    without, ours, other = described(), *(described(DeveloperProviderName=name) for name in ("ours", "other"))

    check_developer_provider(without, ours)
    check_developer_provider(ours, ours)
    for after in (other, without):
        with pytest.raises(InvalidParameterException):
            check_developer_provider(ours, after)


def test_fifty_tags_are_the_most() -> None:
    check_tags({str(number): "" for number in range(50)})

    with pytest.raises(InvalidParameterException):
        check_tags({str(number): "" for number in range(51)})


def test_roles_are_of_two_kinds() -> None:
    assert role_mappings_of(["authenticated", "unauthenticated"], None) == {}

    with pytest.raises(InvalidParameterException, match="Invalid role type: admin"):
        role_mappings_of(["admin"], None)


@pytest.mark.parametrize(
    "members",
    [
        {"AmbiguousRoleResolution": None},
        {"RulesConfiguration": {"Rules": [RULE]}},
        {"Type": "Rules"},
        {"Type": "Rules", "RulesConfiguration": {"Rules": [RULE] * 26}},
    ],
)
def test_a_mapping_that_could_not_be_applied_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException):
        mapped(**members)


def test_twenty_five_rules_are_taken() -> None:
    told = mapped(Type="Rules", RulesConfiguration={"Rules": [RULE] * 25})

    assert len(told[NAME].rules_configuration.rules) == 25
