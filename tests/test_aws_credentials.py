"""boto3 with an identity pool's credentials: its own signer asks for them, and goes on when they expire."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest

from userpool import NotSignedInError, RetryPolicy, Tokens, UserPool
from userpool.aws_credentials import boto3_session, identity_provider
from userpool.effects import FixedEffects
from userpool.identity_pool import IdentityPool
from userpool.transport.scripted import ScriptedTransport, SentRequest, says, token_text

NOON = 1_767_268_800
POOL = "eu-west-1:0f3c2c1e-5f66-4bd2-9a0c-3f2b1d7c9e55"


class Scene:
    """An identity pool that gives credentials for an hour at a time, and its clock."""

    def __init__(self) -> None:
        self.effects = FixedEffects(now=NOON)
        self.transport = ScriptedTransport(otherwise=self._answer)
        self.given = 0
        self.identity_pool = IdentityPool(
            POOL, transport=self.transport, effects=self.effects, retries=RetryPolicy(attempts=1)
        )

    def alice(self) -> Any:
        told = {"sub": "alice", "exp": NOON + 86_400, "iss": "https://pool.example.com/us-east-1_aB12cDe34"}
        pool = UserPool("us-east-1_aB12cDe34", "7ghr", transport=self.transport, effects=self.effects)
        return pool.user_from_tokens(
            Tokens(token_text({**told, "username": "alice"}), id_token=token_text(told))
        )

    def _answer(self, asked: SentRequest) -> Any:
        if asked.operation == "GetId":
            return says({"IdentityId": "eu-west-1:1"})
        self.given += 1
        credentials = {
            "AccessKeyId": f"ASIA{self.given}",
            "SecretKey": "secret",
            "SessionToken": f"session {self.given}",
            "Expiration": self.effects.now() + 3_600,
        }
        return says({"IdentityId": "eu-west-1:1", "Credentials": credentials})


def signed_by(session: Any) -> str:
    """Return the access key that a client of this session signs its requests with."""
    seen: list[AWSRequest] = []

    def stop(request: AWSRequest, **_: Any) -> Any:
        seen.append(request)
        raise InterruptedError

    client = session.client("s3")
    client.meta.events.register("before-send.s3.*", stop)
    with pytest.raises(InterruptedError):
        client.list_buckets()
    authorization = seen[0].headers["Authorization"]
    return str(authorization if isinstance(authorization, str) else authorization.decode())


@pytest.fixture(autouse=True)
def nobody_s_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this machine credentials of its own, which must not be used."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEMACHINE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the machine")
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)


def test_a_client_signs_as_the_user() -> None:
    scene = Scene()

    authorization = signed_by(boto3_session(scene.identity_pool, scene.alice()))

    assert "Credential=ASIA1/" in authorization
    assert "/eu-west-1/s3/" in authorization
    assert "Logins" in scene.transport.requests[0].body


def test_a_client_signs_as_a_guest_in_a_region_of_its_own() -> None:
    scene = Scene()

    authorization = signed_by(boto3_session(scene.identity_pool, region_name="us-west-2"))

    assert "/us-west-2/s3/" in authorization
    assert "Logins" not in scene.transport.requests[0].body


def test_nothing_is_requested_before_credentials_are_needed() -> None:
    scene = Scene()

    boto3_session(scene.identity_pool, scene.alice()).client("s3")

    assert scene.transport.requests == []


def test_a_session_goes_on_when_its_credentials_expire() -> None:
    scene = Scene()
    session = boto3_session(scene.identity_pool, scene.alice())

    keys = []
    for _ in range(3):
        keys += [session.get_credentials().get_frozen_credentials().access_key for _ in range(2)]
        scene.effects.advance(timedelta(minutes=46).total_seconds())

    assert keys == ["ASIA1", "ASIA1", "ASIA2", "ASIA2", "ASIA3", "ASIA3"]


def test_whoever_has_signed_out_gets_no_more() -> None:
    scene = Scene()
    alice = scene.alice()
    session = boto3_session(scene.identity_pool, alice)
    assert session.get_credentials().get_frozen_credentials().access_key == "ASIA1"
    scene.transport.add(says())
    alice.sign_out()
    scene.effects.advance(3_600)

    with pytest.raises(NotSignedInError):
        session.get_credentials().get_frozen_credentials()


def test_a_role_is_asked_for() -> None:
    scene = Scene()
    role = "arn:aws:iam::123456789012:role/pilot"

    boto3_session(scene.identity_pool, custom_role_arn=role).get_credentials().get_frozen_credentials()

    assert scene.transport.requests[-1].body["CustomRoleArn"] == role


def test_a_botocore_session_of_one_s_own_takes_the_provider() -> None:
    scene = Scene()
    session = botocore.session.get_session()
    session.get_component("credential_provider").insert_before("env", identity_provider(scene.identity_pool))

    found = session.get_credentials()

    assert (found.method, found.get_frozen_credentials().token) == ("userpool", "session 1")


@pytest.mark.parametrize("missing", ["boto3", "botocore"])
def test_what_is_missing_is_told(missing: str) -> None:
    program = (
        f"import sys\nsys.modules[{missing!r}] = None\n"
        "from userpool.errors import SettingsError\n"
        "try:\n    from userpool.aws_credentials import boto3_session\n    boto3_session(None)\n"
        "except SettingsError as error:\n    print(error)"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert printed.startswith(f"{missing} is missing")
