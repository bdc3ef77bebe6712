"""Which role an identity gets, and which principal tags."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.records import IdentityPool
from userpool.server.rules.identity_roles import Login, role_for, tags_for
from userpool.wire.faults import (
    InvalidIdentityPoolConfigurationException,
    InvalidParameterException,
    NotAuthorizedException,
)
from userpool.wire.identity_pools import IdentityPool as Description
from userpool.wire.identity_pools import RoleMapping, SetPrincipalTagAttributeMapResponse

NAME = "cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34"
ARN = "arn:aws:iam::000000000000:role/"


def pool(mapping: dict[str, Any] | None = None, **changes: Any) -> IdentityPool:
    description = Description(
        identity_pool_id="us-east-1:1", identity_pool_name="x", allow_unauthenticated_identities=True
    )
    mappings = {} if mapping is None else {f"{NAME}:web": msgspec.convert(mapping, RoleMapping)}
    roles = {"authenticated": f"{ARN}member", "unauthenticated": f"{ARN}guest"}
    fields = {"roles": roles, "role_mappings": mappings, **changes}
    return IdentityPool(identity_pool_id="us-east-1:1", description=description, **fields)


def login(client_id: str = "web", **claims: Any) -> Login:
    return Login(provider=NAME, user_id="1", client_id=client_id, claims=claims)


def by_token(resolution: str = "Deny") -> dict[str, Any]:
    return {"Type": "Token", "AmbiguousRoleResolution": resolution}


def by_rules(*rules: tuple[str, str, str, str], resolution: str = "Deny") -> dict[str, Any]:
    listed = [
        {"Claim": claim, "MatchType": match, "Value": value, "RoleARN": ARN + role}
        for claim, match, value, role in rules
    ]
    return {"Type": "Rules", "AmbiguousRoleResolution": resolution, "RulesConfiguration": {"Rules": listed}}


def chosen(pool: IdentityPool, *logins: Login, custom: str | None = None, guest: bool = False) -> str:
    asked = None if custom is None else ARN + custom
    return role_for(pool, logins, is_guest=guest, custom_role_arn=asked).removeprefix(ARN)


# ---- by default ----


def test_without_a_mapping_there_are_two_roles() -> None:
    assert chosen(pool(), guest=True) == "guest"
    assert chosen(pool(), login()) == "member"
    assert chosen(pool(by_token()), login("another client")) == "member"


@pytest.mark.parametrize("guest", [True, False])
def test_a_role_that_was_not_set_is_told(*, guest: bool) -> None:
    with pytest.raises(InvalidIdentityPoolConfigurationException, match="Check assigned IAM roles"):
        chosen(pool(roles={}), guest=guest)


@pytest.mark.parametrize("guest", [True, False])
def test_where_nothing_is_to_be_chosen_no_role_may_be_asked_for(*, guest: bool) -> None:
    with pytest.raises(InvalidParameterException):
        chosen(pool(), custom="admin", guest=guest)


def test_a_guest_is_not_mapped() -> None:
    assert chosen(pool(by_token()), guest=True) == "guest"


# ---- by token ----


def test_the_preferred_role_of_the_token_is_taken() -> None:
    claims = {"cognito:roles": [f"{ARN}red", f"{ARN}blue"], "cognito:preferred_role": f"{ARN}blue"}

    assert chosen(pool(by_token()), login(**claims)) == "blue"


def test_one_of_the_tokens_roles_may_be_asked_for() -> None:
    claims = {"cognito:roles": [f"{ARN}red", f"{ARN}blue"], "cognito:preferred_role": f"{ARN}blue"}

    assert chosen(pool(by_token()), login(**claims), custom="red") == "red"
    with pytest.raises(NotAuthorizedException):
        chosen(pool(by_token("AuthenticatedRole")), login(**claims), custom="admin")


@pytest.mark.parametrize("claims", [{}, {"cognito:roles": [f"{ARN}red", f"{ARN}blue"]}])
def test_without_a_preferred_role_the_resolution_decides(claims: dict[str, Any]) -> None:
    assert chosen(pool(by_token("AuthenticatedRole")), login(**claims)) == "member"
    with pytest.raises(NotAuthorizedException):
        chosen(pool(by_token("Deny")), login(**claims))


# ---- by rules ----


def test_the_first_rule_that_matches_decides() -> None:
    rules = by_rules(("team", "Equals", "green", "green"), ("team", "Contains", "e", "any"))

    assert chosen(pool(rules), login(team="green")) == "green"
    assert chosen(pool(rules), login(team="red")) == "any"


@pytest.mark.parametrize(
    ("match", "value", "claim", "matches"),
    [
        ("Equals", "red", "red", True),
        ("Equals", "red", "Red", False),
        ("Equals", "true", True, True),
        ("Equals", "7", 7, True),
        ("Contains", "ed", "red", True),
        ("Contains", "ed", "blue", False),
        ("StartsWith", "re", "red", True),
        ("StartsWith", "ed", "red", False),
        ("NotEqual", "red", "blue", True),
        ("NotEqual", "red", "red", False),
        ("NotEqual", "red", None, False),
        ("Equals", "red", ["blue", "red"], True),
        ("NotEqual", "red", ["blue", "red"], False),
        ("Unheard", "red", "red", False),
    ],
)
def test_a_rule_compares_a_claim(match: str, value: str, claim: object, *, matches: bool) -> None:
    rules = by_rules(("team", match, value, "mapped"), resolution="AuthenticatedRole")

    assert chosen(pool(rules), login(team=claim)) == ("mapped" if matches else "member")


def test_a_rule_about_a_missing_claim_never_matches() -> None:
    for match in ("Equals", "Contains", "StartsWith", "NotEqual"):
        with pytest.raises(NotAuthorizedException):
            chosen(pool(by_rules(("team", match, "", "mapped"))), login())


def test_only_the_role_of_a_matching_rule_may_be_asked_for() -> None:
    rules = by_rules(
        ("team", "Equals", "red", "red"), ("team", "Contains", "e", "any"), ("x", "Equals", "y", "z")
    )

    assert chosen(pool(rules), login(team="red"), custom="any") == "any"
    with pytest.raises(NotAuthorizedException):
        chosen(pool(rules), login(team="red"), custom="z")


# ---- principal tags ----


def tagging(**members: Any) -> IdentityPool:
    return pool(principal_tags={NAME: SetPrincipalTagAttributeMapResponse(**members)})


def test_no_tags_are_made_unless_they_are_asked_for() -> None:
    assert tags_for(pool(), [login(sub="1", aud="web")]) == {}


def test_the_default_tags_are_the_user_and_the_client() -> None:
    assert tags_for(tagging(use_defaults=True), [login(sub="1", aud="web")]) == {
        "username": "1",
        "client": "web",
    }


def test_a_claim_becomes_a_tag_where_it_is_one_short_value() -> None:
    told = {"a": "one", "b": "missing", "c": "several", "d": "long", "e": "flag"}
    claims = {"one": "x", "several": ["x", "y"], "long": "x" * 257, "flag": True}

    assert tags_for(tagging(principal_tags=told), [login(**claims)]) == {"a": "x", "e": "true"}


def test_a_login_does_not_show_its_claims() -> None:
    assert "secret" not in repr(login(name="secret"))
