"""What the keys of Logins name."""

from __future__ import annotations

import pytest

from userpool.server.records import Identity, IdentityPool
from userpool.server.rules.identity_providers import (
    authentication_methods,
    clients_of_provider,
    is_foreign_provider,
    providers_of,
    user_pool_provider,
)
from userpool.wire.identity_pools import CognitoIdentityProvider
from userpool.wire.identity_pools import IdentityPool as Description

NAME = "cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34"


@pytest.fixture
def pool() -> IdentityPool:
    providers = [CognitoIdentityProvider(provider_name=NAME, client_id=client) for client in ("one", "two")]
    description = Description(
        identity_pool_id="us-east-1:1",
        identity_pool_name="x",
        allow_unauthenticated_identities=False,
        cognito_identity_providers=providers,
        supported_login_providers={"accounts.google.com": "1"},
        open_id_connect_provider_arns=["arn:aws:iam::000000000000:oidc-provider/id.example.com/tenant"],
        saml_provider_arns=["arn:aws:iam::000000000000:saml-provider/work"],
    )
    return IdentityPool(identity_pool_id="us-east-1:1", description=description)


def identity(**changes: object) -> Identity:
    fields = {
        "identity_id": "us-east-1:2",
        "identity_pool_id": "us-east-1:1",
        "created_ms": 0,
        "modified_ms": 0,
    }
    return Identity(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_user_pool_is_called_as_the_service_calls_it() -> None:
    assert user_pool_provider("us-east-1_aB12cDe34") == NAME
    assert user_pool_provider("cn-north-1_x") == "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_x"


def test_the_clients_of_a_user_pool_are_found_by_its_name(pool: IdentityPool) -> None:
    assert set(clients_of_provider(pool, NAME)) == {"one", "two"}
    assert clients_of_provider(pool, NAME.lower()) == {}


@pytest.mark.parametrize(
    ("name", "is_known"),
    [
        ("accounts.google.com", True),
        ("id.example.com/tenant", True),
        ("arn:aws:iam::000000000000:saml-provider/work", True),
        ("graph.facebook.com", False),
        (NAME, False),
        ("", False),
    ],
)
def test_providers_elsewhere_are_known_by_their_names(
    pool: IdentityPool, name: str, *, is_known: bool
) -> None:
    assert is_foreign_provider(pool, name) is is_known


def test_an_identity_tells_its_providers_and_its_methods() -> None:
    told = identity(logins={NAME: "abc"}, developer_logins={"ours": ["ann"], "empty": []})

    assert providers_of(told) == [NAME, "ours"]
    assert authentication_methods(told) == [
        "authenticated",
        NAME,
        f"{NAME}:CognitoSignIn:abc",
        "empty",
        "ours",
        "ours:us-east-1:1:ann",
    ]


def test_a_guest_is_unauthenticated() -> None:
    assert authentication_methods(identity()) == ["unauthenticated"]
    assert providers_of(identity()) == []
