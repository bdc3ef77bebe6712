"""Settings are refused where they stand, not where they fail."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.errors import SettingsError
from userpool.server.settings import Settings


@pytest.mark.parametrize("region", ["", "us_east_1", "us east 1", "EU-WEST-1", "x" * 33])
def test_a_region_can_begin_the_id_of_a_pool(region: str) -> None:
    with pytest.raises(SettingsError, match="such as eu-west-1"):
        Settings(region=region)

    assert Settings(region="local").region == "local"


@pytest.mark.parametrize(
    "account_id", ["", "12345678901", "1234567890123", "12345678901x", "1234567890\u0661\u0662"]
)
def test_an_account_id_has_twelve_digits(account_id: str) -> None:
    with pytest.raises(SettingsError, match="twelve digits"):
        Settings(account_id=account_id)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_is_a_port(port: int) -> None:
    with pytest.raises(SettingsError, match="between 0 and 65535"):
        Settings(port=port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])  # Not bound.
def test_development_listens_on_a_public_address_only_when_told_twice(host: str) -> None:
    with pytest.raises(SettingsError, match="--allow-public-dev"):
        Settings(dev=True, host=host)

    assert Settings(dev=True, host=host, allow_public_dev=True).host == host
    assert Settings(host=host).host == host


@pytest.mark.parametrize(
    "public_url", ["id.example.com", "ftp://id.example.com", "https://", "https://a.example/path"]
)
def test_a_public_url_is_an_origin(public_url: str) -> None:
    with pytest.raises(SettingsError, match="origin"):
        Settings(public_url=public_url)


@pytest.mark.parametrize(
    ("pool_id", "issuer"),
    [
        ("eu-west-1_AbCdEfGhI", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"),
        ("cn-north-1_AbCdEfGhI", "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbCdEfGhI"),
        (
            "us-gov-west-1_AbCdEfGhI",
            "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbCdEfGhI",
        ),
    ],
)
def test_tokens_are_issued_in_the_services_form_by_default(pool_id: str, issuer: str) -> None:
    assert Settings().issuer(pool_id) == issuer


def test_a_server_with_a_public_url_issues_tokens_under_it() -> None:
    settings = Settings(public_url="https://id.example.com/")

    assert settings.issuer("eu-west-1_AbCdEfGhI") == "https://id.example.com/eu-west-1_AbCdEfGhI"


def test_a_password_in_the_database_url_is_not_shown() -> None:
    settings = Settings(database_url="postgresql://user:canary@127.0.0.1/name")

    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    "action", ["*", "cognito-idp:*", "cognito-idp:List*", "iam:PassRole", "cognito-idp:", "ListUsers"]
)
def test_a_role_is_allowed_single_operations_only(action: str) -> None:
    with pytest.raises(SettingsError, match="without wildcards"):
        Settings(role_actions={"arn:aws:iam::000000000000:role/x": frozenset({action})})


def test_identities_have_one_issuer() -> None:
    assert Settings().identity_issuer() == "https://cognito-identity.amazonaws.com"
    assert Settings(public_url="https://id.example.com/").identity_issuer() == "https://id.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "localhost:9",
        "ftp://localhost",
        "file:///etc/passwd",
        "https://",
        "https://:443/",
        "https://localhost:70000",
        "https://[::1",
    ],
)
def test_functions_are_behind_http(url: str) -> None:
    with pytest.raises(SettingsError, match="http or https"):
        Settings(triggers={"PreSignUp": url})
    with pytest.raises(SettingsError, match="http or https"):
        Settings(lambda_endpoint=url)


@pytest.mark.parametrize(
    "named", [{"triggers": {"UserMigration": "http://10.0.0.7/hook"}}, {"lambda_endpoint": "http://10.0.0.7"}]
)
def test_events_go_through_the_network_in_the_clear_only_when_that_is_allowed(named: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="--allow-plain-triggers"):
        Settings(**named)

    assert Settings(**named, allow_plain_triggers=True)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost/", "https://a.example"]
)
def test_events_stay_on_this_machine_or_are_encrypted(url: str) -> None:
    assert Settings(triggers={"PreSignUp": url}, lambda_endpoint=url)


@pytest.mark.parametrize("url", ["https://lambda.example/2015-03-31", "https://lambda.example?key=s3cret"])
def test_lambda_is_named_by_its_origin(url: str) -> None:
    with pytest.raises(SettingsError, match="has to be an origin") as raised:
        Settings(lambda_endpoint=url)

    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("half", ["lambda_access_key_id", "lambda_secret_access_key"])
def test_half_an_access_key_is_none(half: str) -> None:
    with pytest.raises(SettingsError, match="go together"):
        Settings(lambda_endpoint="https://lambda.example", **{half: "s3cret"})

    assert Settings(**{half: "s3cret"})  # Nothing is signed with it.


def test_what_opens_functions_is_not_shown() -> None:
    settings = Settings(
        triggers={"PreSignUp": "https://localhost/?key=s3cret"},
        lambda_secret_access_key="s3cret",
        lambda_session_token="s3cret",
    )

    assert "s3cret" not in repr(settings)
