"""The AWS command line and boto3, whose credentials come from our command, in front of the pool."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from userpool import FileStorage, IdentityPool, SignedIn, UserPool
from userpool.aws_credentials import boto3_session

WHO = "arn:aws:sts::123456789012:assumed-role/people/CognitoIdentityCredentials"


@pytest.fixture
def identity_pool_id(boto: Callable[..., Any], served: Any, place: Any) -> str:
    """An identity pool for the people of the place, made by boto3."""
    client = boto3.client(
        "cognito-identity",
        region_name="us-east-1",
        endpoint_url=served.origin,
        aws_access_key_id="AKIDEXAMPLE000000000",
        aws_secret_access_key="any secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    provider = f"cognito-idp.us-east-1.amazonaws.com/{place.pool_id}"
    made = client.create_identity_pool(
        IdentityPoolName="people",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": place.client_id}],
    )
    client.set_identity_pool_roles(
        IdentityPoolId=made["IdentityPoolId"],
        Roles={"authenticated": "arn:aws:iam::123456789012:role/people"},
    )
    client.close()
    return str(made["IdentityPoolId"])


@pytest.fixture
def tokens(place: Any, person: Any, tmp_path: Path) -> Path:
    """The file in which somebody is signed in."""
    path = tmp_path / "tokens.json"
    with UserPool(place.pool_id, place.client_id, endpoint=place.endpoint, storage=FileStorage(path)) as pool:
        assert isinstance(pool.sign_in(person.username, person.password), SignedIn)
    return path


@pytest.fixture
def aws_home(
    place: Any, identity_pool_id: str, tokens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose only AWS credentials come from our command."""
    command = shlex.join(
        [
            *(sys.executable, "-m", "userpool", "credentials", "--identity-pool", identity_pool_id),
            *("--user-pool", place.pool_id, "--client-id", place.client_id),
            *("--storage", str(tokens), "--endpoint", place.endpoint),
        ]
    )
    config = tmp_path / "config"
    config.write_text(f"[profile people]\nregion = us-east-1\ncredential_process = {command}\n")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("aws_home")
def test_the_aws_command_line_acts_as_the_role_that_our_command_gives(
    served: Any, place: Any, missing: Callable[[str, str], NoReturn]
) -> None:
    if importlib.util.find_spec("awscli") is None:
        missing("awscli", "run `.venv/bin/pip install awscli`")
    ask = ("cognito-idp", "describe-user-pool", "--user-pool-id", place.pool_id)

    done = subprocess.run(
        [sys.executable, "-m", "awscli", "--profile", "people", "--endpoint-url", served.origin, *ask],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    # Known by its signature, and no administrator: people's role has no policy here.
    assert WHO in done.stderr
    assert "AccessDeniedException" in done.stderr


@pytest.mark.usefixtures("aws_home")
def test_boto3_takes_credentials_from_our_command() -> None:
    found = boto3.Session(profile_name="people").get_credentials()

    assert found.method == "custom-process"
    assert found.get_frozen_credentials().access_key.startswith("ASIA")


@pytest.fixture
def session(place: Any, identity_pool_id: str, tokens: Path) -> Iterator[Any]:
    """A boto3 session that acts for whoever is signed in."""
    storage = FileStorage(tokens)
    with (
        UserPool(place.pool_id, place.client_id, endpoint=place.endpoint, storage=storage) as pool,
        IdentityPool(identity_pool_id, endpoint=place.endpoint, storage=storage) as identity_pool,
    ):
        yield boto3_session(identity_pool, pool.current_user())


def test_a_boto3_session_signs_with_an_identity_s_credentials(served: Any, place: Any, session: Any) -> None:
    client = session.client("cognito-idp", endpoint_url=served.origin)

    with pytest.raises(ClientError, match=WHO) as caught:
        client.describe_user_pool(UserPoolId=place.pool_id)
    client.close()

    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
