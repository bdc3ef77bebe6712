"""What was answered is kept, whatever happens to the process."""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

PASSWORD = "Correct-horse-1"
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/cognito-idp/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
)


class Connection:
    """Calls operations of a server over one connection."""

    def __init__(self, origin: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=20)

    def call(self, operation: str, **members: Any) -> tuple[int, dict[str, Any]]:
        headers = {
            "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
            "authorization": SIGNATURE,
        }
        self._connection.request("POST", "/", json.dumps(members), headers)
        reply = self._connection.getresponse()
        return reply.status, json.loads(reply.read() or b"{}")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Give a function that starts a server on a file, and returns the process and its origin."""
    processes: list[subprocess.Popen[str]] = []

    def begin() -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "userpool", "serve", "--dev", "--port", "0"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path
        )
        processes.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()[-1]

    yield begin
    for process in processes:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Kill a server, as a loss of power would; once more does no harm."""
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


class Crowd:
    """People who sign up, and are made by an administrator, until the server is gone."""

    def __init__(self, origin: str, pool_id: str, client_id: str) -> None:
        self._origin, self._pool_id, self._client_id = origin, pool_id, client_id
        self.asked: set[str] = set()
        self.answered: list[str] = []
        self.enough = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(6)]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for_the_end(self) -> None:
        for thread in self._threads:
            thread.join(timeout=30)

    def _work(self, thread: int) -> None:
        connection = Connection(self._origin)
        try:
            for number in itertools.count():
                signs_up = (thread + number) % 2 == 0
                name = f"{'guest' if signs_up else 'invited'}-{thread}-{number}"
                self.asked.add(name)
                status, _ = self._sign_up(connection, name) if signs_up else self._invite(connection, name)
                if status == 200:
                    self.answered.append(name)
                if len(self.answered) >= 120:
                    self.enough.set()
        except (OSError, http.client.HTTPException):
            pass  # The server is gone.
        finally:
            connection.close()

    def _sign_up(self, connection: Connection, name: str) -> tuple[int, dict[str, Any]]:
        return connection.call("SignUp", ClientId=self._client_id, Username=name, Password=PASSWORD)

    def _invite(self, connection: Connection, name: str) -> tuple[int, dict[str, Any]]:
        return connection.call(
            "AdminCreateUser",
            UserPoolId=self._pool_id,
            Username=name,
            TemporaryPassword=PASSWORD,
            MessageAction="SUPPRESS",
        )


def make_pool(connection: Connection) -> tuple[str, str]:
    """Return the ids of a new pool and of a client of it."""
    _, made = connection.call("CreateUserPool", PoolName="people")
    pool_id = made["UserPool"]["Id"]
    _, made = connection.call(
        "CreateUserPoolClient",
        UserPoolId=pool_id,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return pool_id, made["UserPoolClient"]["ClientId"]


def outcome_of_sign_in(connection: Connection, pool_id: str, client_id: str, name: str) -> str:
    """Return what a name's password leads to: tokens, a challenge, or the error."""
    if name.startswith("guest"):
        connection.call("AdminConfirmSignUp", UserPoolId=pool_id, Username=name)
    status, reply = connection.call(
        "AdminInitiateAuth",
        UserPoolId=pool_id,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    if status != 200:
        return str(reply["__type"])
    return str(reply.get("ChallengeName", "tokens"))


def keys_of(origin: str, pool_id: str) -> bytes:
    address = f"{origin}/{pool_id}/.well-known/jwks.json"
    with urllib.request.urlopen(address, timeout=10) as reply:  # noqa: S310  # Of this machine.
        body: bytes = reply.read()
    return body


def test_everything_that_was_answered_survives_a_kill_in_the_middle(
    start: Callable[[], tuple[subprocess.Popen[str], str]],
) -> None:
    process, origin = start()
    connection = Connection(origin)
    pool_id, client_id = make_pool(connection)
    keys = keys_of(origin, pool_id)
    crowd = Crowd(origin, pool_id, client_id)
    crowd.begin()
    assert crowd.enough.wait(timeout=30)

    end(process)
    crowd.wait_for_the_end()
    connection.close()
    _, origin = start()

    connection = Connection(origin)
    outcomes = {
        name: outcome_of_sign_in(connection, pool_id, client_id, name) for name in sorted(crowd.asked)
    }
    expected = {"guest": "tokens", "invited": "NEW_PASSWORD_REQUIRED"}
    lost = {name: outcomes[name] for name in crowd.answered if outcomes[name] != expected[name.split("-")[0]]}
    assert lost == {}
    # Whoever wasn't answered is there wholly or not at all.
    unanswered = crowd.asked - set(crowd.answered)
    assert {outcomes[name] for name in unanswered} <= {*expected.values(), "UserNotFoundException"}
    assert keys_of(origin, pool_id) == keys
    connection.close()


def test_a_sign_in_survives_a_kill(start: Callable[[], tuple[subprocess.Popen[str], str]]) -> None:
    process, origin = start()
    connection = Connection(origin)
    pool_id, client_id = make_pool(connection)
    connection.call("SignUp", ClientId=client_id, Username="guest", Password=PASSWORD)
    connection.call("AdminConfirmSignUp", UserPoolId=pool_id, Username="guest")
    _, signed_in = connection.call(
        "AdminInitiateAuth",
        UserPoolId=pool_id,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "guest", "PASSWORD": PASSWORD},
    )
    tokens = signed_in["AuthenticationResult"]

    end(process)
    connection.close()
    _, origin = start()

    connection = Connection(origin)
    status, user = connection.call("GetUser", AccessToken=tokens["AccessToken"])
    assert (status, user["Username"]) == (200, "guest")
    status, renewed = connection.call(
        "GetTokensFromRefreshToken", ClientId=client_id, RefreshToken=tokens["RefreshToken"]
    )
    assert status == 200
    assert renewed["AuthenticationResult"]["AccessToken"]
    connection.close()
