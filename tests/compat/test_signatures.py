"""Without --dev a server lets in whoever signs with a key of its own, as boto3 does, and nobody else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest


class Key(NamedTuple):
    """An access key, as `userpool keys create` printed it."""

    key_id: str
    secret: str


@pytest.fixture(scope="session")
def guarded(start_server: Callable[..., Any]) -> Any:
    """A server that isn't in development."""
    return start_server()


@pytest.fixture(scope="session")
def key(guarded: Any) -> Key:
    """An access key that an administrator made while the server was running."""
    command = [sys.executable, "-m", "userpool", "keys", "create", "--database", guarded.database]
    printed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    values = dict(line.split("=", 1) for line in printed.splitlines())
    return Key(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture(scope="session")
def administrator(guarded: Any, key: Key, boto: Callable[..., Any]) -> Any:
    """boto3 with that key."""
    return boto(guarded.origin, *key)


@pytest.fixture(scope="session")
def refusal() -> Callable[[Any], dict[str, str]]:
    """Give a function that lists pools and returns the error that comes instead of them."""
    from botocore.exceptions import ClientError

    def ask(client: Any) -> dict[str, str]:
        with pytest.raises(ClientError) as refused:
            client.list_user_pools(MaxResults=1)
        error: dict[str, str] = refused.value.response["Error"]
        return error

    return ask


@pytest.fixture
def signed(guarded: Any, key: Key) -> Callable[..., Mapping[str, str]]:
    """Give a function that signs a call with botocore and returns its headers; `when` is the time it says."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    def sign(operation: str, body: bytes, *, when: datetime | None = None) -> Mapping[str, str]:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        }
        request = AWSRequest("POST", f"{guarded.origin}/", headers, body)
        signer = SigV4Auth(Credentials(*key), "cognito-idp", "us-east-1")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("botocore.auth.get_current_datetime", lambda: when or datetime.now(UTC))
            signer.add_auth(request)
        return dict(request.headers.items())

    return sign


def test_a_right_key_lets_in(administrator: Any) -> None:
    pool = administrator.create_user_pool(PoolName="people")["UserPool"]

    assert administrator.describe_user_pool(UserPoolId=pool["Id"])["UserPool"] == pool


def test_a_signature_covers_what_is_beyond_ascii(administrator: Any) -> None:
    pool = administrator.create_user_pool(PoolName="people")["UserPool"]

    made = administrator.admin_create_user(
        UserPoolId=pool["Id"],
        Username="ännchen",
        UserAttributes=[{"Name": "name", "Value": "Ännchen von Tharau 😀"}],
        MessageAction="SUPPRESS",
    )

    assert made["User"]["Username"] == "ännchen"


def test_a_wrong_secret_is_refused(
    guarded: Any, key: Key, boto: Callable[..., Any], refusal: Callable[..., Any]
) -> None:
    error = refusal(boto(guarded.origin, key.key_id, key.secret[::-1]))

    assert error["Code"] == "InvalidSignatureException"
    assert error["Message"].startswith("The request signature we calculated does not match")


def test_an_unknown_key_is_refused(
    guarded: Any, boto: Callable[..., Any], refusal: Callable[..., Any]
) -> None:
    assert refusal(boto(guarded.origin, "AKIDEXAMPLE000000000", "any secret")) == {
        "Code": "UnrecognizedClientException",
        "Message": "The security token included in the request is invalid.",
    }


def test_an_unsigned_call_is_refused(
    guarded: Any, boto: Callable[..., Any], refusal: Callable[..., Any]
) -> None:
    assert refusal(boto(guarded.origin, None, None)) == {
        "Code": "MissingAuthenticationTokenException",
        "Message": "Missing Authentication Token",
    }


def test_even_in_development_somebody_has_to_sign(
    served: Any, boto: Callable[..., Any], refusal: Callable[..., Any]
) -> None:
    error = refusal(boto(served.origin, None, None))

    assert error["Code"] == "MissingAuthenticationTokenException"


def test_a_signature_of_now_is_taken(
    guarded: Any, call: Callable[..., Any], signed: Callable[..., Any]
) -> None:
    body = b'{"MaxResults": 1}'

    answer = call(guarded.origin, body=body, headers=signed("ListUserPools", body))

    assert answer.status == 200


@pytest.mark.parametrize("minutes", [-15, 15], ids=["old", "of the future"])
def test_a_signature_of_another_time_is_refused(
    guarded: Any, call: Callable[..., Any], signed: Callable[..., Any], minutes: int
) -> None:
    body = b'{"MaxResults": 1}'
    when = datetime.now(UTC) + timedelta(minutes=minutes)

    answer = call(guarded.origin, body=body, headers=signed("ListUserPools", body, when=when))

    assert answer.status == 400
    assert answer.json["__type"] == "InvalidSignatureException"
    assert "Signature expired" in answer.json["message"]


def test_a_body_that_was_changed_on_the_way_is_refused(
    guarded: Any, call: Callable[..., Any], signed: Callable[..., Any]
) -> None:
    headers = signed("ListUserPools", b'{"MaxResults": 1}')

    answer = call(guarded.origin, body=b'{"MaxResults": 2}', headers=headers)

    assert answer.json["__type"] == "InvalidSignatureException"


def test_a_signature_is_good_for_the_operation_it_was_made_for(
    guarded: Any, call: Callable[..., Any], signed: Callable[..., Any]
) -> None:
    body = b'{"UserPoolId": "us-east-1_aB12cDe34", "MaxResults": 1}'
    headers = {
        **signed("ListUserPoolClients", body),
        "X-Amz-Target": "AWSCognitoIdentityProviderService.DeleteUserPool",
    }

    answer = call(guarded.origin, body=body, headers=headers)

    assert answer.json["__type"] == "InvalidSignatureException"


def test_people_need_no_key(guarded: Any, administrator: Any, boto: Callable[..., Any]) -> None:
    pool = administrator.create_user_pool(PoolName="people")["UserPool"]
    client = administrator.create_user_pool_client(UserPoolId=pool["Id"], ClientName="web")["UserPoolClient"]

    joined = boto(guarded.origin, None, None).sign_up(
        ClientId=client["ClientId"], Username="ann", Password="correct-horse-7-Staple"
    )

    assert joined["UserConfirmed"] is False


def test_nobody_reads_the_messages_of_others(guarded: Any, call: Callable[..., Any]) -> None:
    answer = call(guarded.origin, method="GET", path="/_userpool/messages")

    assert answer.status == 404
