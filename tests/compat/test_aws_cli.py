"""The AWS command line, unmodified, in front of the pool."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest


@pytest.fixture
def cli(
    served: Any, tmp_path: Path, missing: Callable[[str, str], NoReturn]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs `aws cognito-idp ...` against the shared server."""
    if importlib.util.find_spec("awscli") is None:
        missing("awscli", "run `.venv/bin/pip install awscli`")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE000000000",
        "AWS_SECRET_ACCESS_KEY": "any secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        # Whoever runs this may have set up the command line for themselves.
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "awscli", "cognito-idp", "--endpoint-url", served.origin, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=environment
        )

    return run


def test_a_pool_is_made_and_described(cli: Callable[..., Any]) -> None:
    made = cli("create-user-pool", "--pool-name", "people", "--auto-verified-attributes", "email")
    pool = json.loads(made.stdout)["UserPool"]

    described = cli("describe-user-pool", "--user-pool-id", pool["Id"])

    assert json.loads(described.stdout)["UserPool"] == pool


def test_a_user_is_made_and_listed(cli: Callable[..., Any], place: Any, newcomer: Any) -> None:
    pool = ("--user-pool-id", place.pool_id)
    attributes = ("--user-attributes", f"Name=email,Value={newcomer.email}", "--message-action", "SUPPRESS")
    made = cli("admin-create-user", *pool, "--username", newcomer.username, *attributes)

    listed = cli(
        "list-users",
        *pool,
        *("--filter", f'email = "{newcomer.email}"'),
        *("--query", "Users[].Username", "--output", "text"),
    )

    assert json.loads(made.stdout)["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert listed.stdout.strip() == newcomer.username


def test_somebody_signs_in(cli: Callable[..., Any], place: Any, person: Any) -> None:
    parameters = f"USERNAME={person.username},PASSWORD={person.password}"
    flow = ("--auth-flow", "USER_PASSWORD_AUTH", "--auth-parameters", parameters)

    entered = cli("initiate-auth", "--client-id", place.client_id, *flow)

    assert json.loads(entered.stdout)["AuthenticationResult"]["TokenType"] == "Bearer"


def test_a_refusal_is_printed(cli: Callable[..., Any], place: Any, newcomer: Any) -> None:
    refused = cli("admin-get-user", "--user-pool-id", place.pool_id, "--username", newcomer.username)

    assert refused.returncode != 0
    assert (
        "An error occurred (UserNotFoundException) when calling the AdminGetUser operation" in refused.stderr
    )
