"""The settings of an app client."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.rules.client_settings import check_client, description_of
from userpool.server.rules.schema import make_schema
from userpool.server.rules.token_validity import refresh_seconds
from userpool.wire.faults import (
    InvalidOAuthFlowException,
    InvalidParameterException,
    ScopeDoesNotExistException,
    ServiceException,
)
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest, UserPoolClientType
from userpool.wire.user_pools import SchemaAttributeTypeInput, UserPoolType

POOL_ID = "us-east-1_AbCdEfGhI"
POOL = UserPoolType(
    id=POOL_ID,
    schema_attributes=make_schema(
        [
            SchemaAttributeTypeInput(name="email", required=True),
            SchemaAttributeTypeInput(name="team"),
            SchemaAttributeTypeInput(name="rank", developer_only_attribute=True),
        ]
    ),
)
CODE = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"],
    "CallbackURLs": ["https://example.com/in"],
}


def described(**members: Any) -> UserPoolClientType:
    """Return the description of a client that was asked for in the wire's words."""
    asked = {"UserPoolId": POOL_ID, "ClientName": "web", **members}
    return description_of(msgspec.convert(asked, CreateUserPoolClientRequest))


def refusal(*, has_secret: bool = False, **members: Any) -> ServiceException:
    """Return why a client can't be."""
    with pytest.raises(ServiceException) as caught:
        check_client(POOL, described(**members), has_secret=has_secret)
    return caught.value


def test_a_client_that_is_only_named_has_the_defaults_of_the_service() -> None:
    assert msgspec.to_builtins(described()) == {
        "UserPoolId": POOL_ID,
        "ClientName": "web",
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "AllowedOAuthFlowsUserPoolClient": False,
        "PreventUserExistenceErrors": "LEGACY",
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
        "ClientType": "REGULAR",
    }


@pytest.mark.parametrize(
    "members",
    [
        {"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
        {"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"]},
        {"PreventUserExistenceErrors": "ENABLED", "EnableTokenRevocation": False},
        {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}},
        {"ReadAttributes": ["sub", "email", "email_verified", "custom:team"]},
        {"WriteAttributes": ["email", "custom:team"]},
        {"SupportedIdentityProviders": ["COGNITO"]},
        {"AuthSessionValidity": 15},
        {**CODE, "LogoutURLs": ["https://example.com/out"], "DefaultRedirectURI": "https://example.com/in"},
        {"AllowedOAuthFlows": ["code", "implicit"]},
        {
            "CallbackURLs": [
                "http://localhost:8001",
                "http://127.0.0.1/x",
                "http://[::1]:80/",
                "myapp://example",
            ]
        },
    ],
)
def test_what_was_asked_for_is_described_as_it_was(members: dict[str, Any]) -> None:
    client = described(**members)

    check_client(POOL, client, has_secret=False)

    assert members.items() <= msgspec.to_builtins(client).items()


def test_a_secret_is_no_part_of_the_description() -> None:
    client = described(ClientSecret="s" * 24)

    assert client.client_secret is None


@pytest.mark.parametrize("unit", ["seconds", "minutes", "hours", "days"])
def test_the_default_of_30_days_is_30_days_in_every_unit(unit: str) -> None:
    client = described(TokenValidityUnits={"RefreshToken": unit})

    check_client(POOL, client, has_secret=False)

    assert refresh_seconds(client) == 30 * 86_400


def test_a_refresh_validity_of_nothing_is_30_days() -> None:
    assert described(RefreshTokenValidity=0).refresh_token_validity == 30


def test_empty_lists_of_attributes_are_not_described() -> None:
    client = described(ReadAttributes=[], WriteAttributes=[])

    check_client(POOL, client, has_secret=False)

    assert client.read_attributes is None
    assert client.write_attributes is None


def test_a_rotation_that_is_off_is_described_with_its_grace_period() -> None:
    client = described(RefreshTokenRotation={"Feature": "DISABLED"})

    check_client(POOL, client, has_secret=False)

    assert msgspec.to_builtins(client)["RefreshTokenRotation"] == {
        "Feature": "DISABLED",
        "RetryGracePeriodSeconds": 0,
    }


def test_tokens_rotate_for_a_client_without_the_refresh_flow() -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30}

    check_client(
        POOL,
        described(RefreshTokenRotation=rotation, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"]),
        has_secret=False,
    )


@pytest.mark.parametrize("flows", [{"ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]}, {}])
def test_tokens_do_not_rotate_beside_the_refresh_flow(flows: dict[str, Any]) -> None:
    assert isinstance(
        refusal(RefreshTokenRotation={"Feature": "ENABLED"}, **flows), InvalidParameterException
    )


def test_old_and_new_names_of_flows_do_not_mix() -> None:
    flows = ["ADMIN_NO_SRP_AUTH", "ALLOW_USER_SRP_AUTH"]

    assert isinstance(refusal(ExplicitAuthFlows=flows), InvalidParameterException)


def test_a_token_that_lives_too_long_is_refused() -> None:
    assert refusal(AccessTokenValidity=25).message == "Invalid range for token validity."


@pytest.mark.parametrize("name", ["custom:none", "nonsense"])
def test_a_client_cannot_read_what_is_not_in_the_schema(name: str) -> None:
    told = refusal(ReadAttributes=["email", name])

    assert isinstance(told, InvalidParameterException)
    assert told.message == "Invalid read attributes specified while creating a client"


@pytest.mark.parametrize("name", ["custom:none", "sub", "email_verified", "dev:custom:rank"])
def test_a_client_cannot_write_what_is_not_its_to_write(name: str) -> None:
    told = refusal(WriteAttributes=["email", name])

    assert isinstance(told, InvalidParameterException)
    assert told.message == "Invalid write attributes specified while creating a client"


def test_a_client_that_writes_writes_all_that_is_required() -> None:
    told = refusal(WriteAttributes=["name"])

    assert told.message == "Invalid write attributes specified while creating a client"


def test_an_identity_provider_has_to_be_there() -> None:
    told = refusal(SupportedIdentityProviders=["COGNITO", "Google"])

    assert isinstance(told, InvalidParameterException)
    assert told.message == f"The provider Google does not exist for User Pool {POOL_ID}."


def test_only_a_client_with_a_secret_passes_on_addresses() -> None:
    asked = {"EnablePropagateAdditionalUserContextData": True}

    assert isinstance(refusal(**asked), InvalidParameterException)
    check_client(POOL, described(**asked), has_secret=True)


def test_machines_have_a_flow_of_their_own() -> None:
    check_client(POOL, described(AllowedOAuthFlows=["client_credentials"]), has_secret=True)


@pytest.mark.parametrize(
    ("has_secret", "members", "text"),
    [
        (
            True,
            {"AllowedOAuthFlows": ["code", "client_credentials"]},
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ),
        (
            False,
            {"AllowedOAuthFlows": ["client_credentials"]},
            "client_credentials flow can not be selected if client does not have a client secret.",
        ),
        (
            True,
            {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["openid"]},
            "openid is not supported with client_credentials flow",
        ),
        (
            False,
            {**CODE, "CallbackURLs": []},
            "CallbackUrls can not be empty when code flow or implicit flow is selected",
        ),
    ],
)
def test_grants_that_do_not_go_together_are_refused(
    *, has_secret: bool, members: dict[str, Any], text: str
) -> None:
    told = refusal(has_secret=has_secret, **members)

    assert isinstance(told, InvalidOAuthFlowException)
    assert told.message == text


def test_a_scope_has_to_be_there() -> None:
    told = refusal(AllowedOAuthScopes=["openid", "planets/read"])

    assert isinstance(told, ScopeDoesNotExistException)
    assert told.message == "Invalid scope requested: planets/read"


@pytest.mark.parametrize(
    "members", [{"CallbackURLs": ["http://example.com"]}, {"LogoutURLs": ["http://example.com"]}]
)
def test_an_address_out_in_the_world_needs_https(members: dict[str, Any]) -> None:
    told = refusal(**members)

    assert isinstance(told, InvalidParameterException)
    assert told.message == "http://example.com cannot use the HTTP protocol."


@pytest.mark.parametrize("url", ["/in", "example.com", "https://example.com/#in", "http://[nonsense"])
def test_an_address_is_absolute_and_has_no_fragment(url: str) -> None:
    assert isinstance(refusal(CallbackURLs=[url]), InvalidParameterException)


def test_the_default_address_is_one_of_the_addresses() -> None:
    told = refusal(**CODE, DefaultRedirectURI="https://example.com/elsewhere")

    assert isinstance(told, InvalidParameterException)
