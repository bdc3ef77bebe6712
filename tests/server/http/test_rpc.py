"""The RPC door: a target and a body in, a reply or one of the service's errors out."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from userpool.server.access_keys import AccessKey
from userpool.server.build import Server, open_server
from userpool.server.http.rpc import RpcReply
from userpool.server.records import Client
from userpool.server.settings import Settings
from userpool.wire.registry import OPERATIONS

pytestmark = pytest.mark.anyio

PREFIX = "AWSCognitoIdentityProviderService"
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
SCOPE = "Credential=AKID/20260101/eu-west-3/cognito-idp/aws4_request"
WELL_FORMED = f"AWS4-HMAC-SHA256 {SCOPE}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"

Ask = Callable[..., Awaitable[RpcReply]]


@pytest.fixture
def ask(server: Server) -> Ask:
    """Give a function that asks a server in development."""

    async def run(operation: str, body: bytes | Any = b"{}", **headers: str) -> RpcReply:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await server.rpc.answer({"x-amz-target": f"{PREFIX}.{operation}", **headers}, text)

    return run


def error_of(reply: RpcReply) -> tuple[int, str, str]:
    """Return status, name and text of a refusal."""
    told = json.loads(reply.body)
    return reply.status, told["__type"], told.get("message", "")


# ---- targets ----


@pytest.mark.parametrize(
    "target", ["", "SignUp", f"{PREFIX}.NoSuchOperation", f"{PREFIX}.", "DynamoDB_20120810.GetItem", "💥.x"]
)
async def test_what_is_no_operation_is_told_so(server: Server, target: str) -> None:
    for headers in ({"x-amz-target": target}, {}):
        reply = await server.rpc.answer(headers, b"{}")

        assert error_of(reply) == (400, "UnknownOperationException", "")


async def test_an_operation_that_is_not_built_says_so(ask: Ask) -> None:
    reply = await ask("ListWebAuthnCredentials", {"AccessToken": "x"})

    status, name, text = error_of(reply)
    assert (status, name) == (400, "UnsupportedOperationException")
    assert text.startswith("ListWebAuthnCredentials is not built yet")


# ---- bodies ----


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b'"text"', b"{", b'{"ClientId":5}', b"\xff\xfe", b"[" * 100_000]
)
async def test_a_body_that_is_no_request_is_told_so(ask: Ask, body: bytes) -> None:
    status, name, _ = error_of(await ask("SignUp", body))

    assert status == 400
    assert name in {"SerializationException", "InvalidParameterException"}
    assert (name == "InvalidParameterException") == (body == b"")


async def test_everything_that_is_wrong_is_told_at_once(ask: Ask) -> None:
    reply = await ask("SignUp", {"ClientId": "not a client id", "Username": "", "Password": "p"})

    _, name, text = error_of(reply)
    assert name == "InvalidParameterException"
    assert text.startswith("3 validation errors detected: ")
    assert "not a client id" not in text


async def test_a_body_longer_than_is_read_is_refused(server: Server) -> None:
    body = b'{"Username":"' + b"a" * server.context.settings.max_body_bytes + b'"}'

    reply = await server.rpc.answer({"x-amz-target": f"{PREFIX}.SignUp"}, body)

    assert error_of(reply)[1] == "SerializationException"


async def test_half_of_a_character_pair_is_answered_like_anything_else(ask: Ask) -> None:
    for body in (b'{"ClientId":"\\ud800"}', b'{"UserPoolId":"\\ud800"}'):
        for operation in ("SignUp", "AdminGetUser"):
            reply = await ask(operation, body, authorization=WELL_FORMED)

            assert reply.status == 400


@given(operation=st.sampled_from(sorted(OPERATIONS)), body=st.binary(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_bytes_come_an_error_of_the_caller_is_answered(
    ask: Ask, operation: str, body: bytes
) -> None:
    reply = await ask(operation, body, authorization=WELL_FORMED)

    assert reply.status == 400
    assert error_of(reply)[1].endswith("Exception")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    ["UserPoolId", "ClientId", "Username", "AuthFlow", "AuthParameters", "Session", "AccessToken", "Limit"]
)


@given(operation=st.sampled_from(sorted(OPERATIONS)), request=st.dictionaries(MEMBERS, JSON, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_json_comes_nothing_breaks(ask: Ask, operation: str, request: dict[str, Any]) -> None:
    reply = await ask(operation, request, authorization=WELL_FORMED)

    assert reply.status in {200, 400}


# ---- replies ----


async def test_a_reply_carries_its_type_and_its_mark(ask: Ask) -> None:
    reply = await ask("CreateUserPool", {"PoolName": "people"}, authorization=WELL_FORMED)

    headers = dict(reply.headers)
    assert reply.status == 200
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert UUID.fullmatch(headers["x-amzn-requestid"])


async def test_a_refusal_says_the_same_in_body_and_headers(ask: Ask) -> None:
    reply = await ask("InitiateAuth", {"AuthFlow": "USER_SRP_AUTH", "ClientId": "nosuchclient"})

    headers = dict(reply.headers)
    assert error_of(reply) == (
        400,
        "ResourceNotFoundException",
        "User pool client nosuchclient does not exist.",
    )
    assert headers["x-amzn-errortype"] == "ResourceNotFoundException:"
    assert headers["x-amzn-errormessage"] == "User pool client nosuchclient does not exist."
    assert UUID.fullmatch(headers["x-amzn-requestid"])


async def test_two_requests_have_two_marks(ask: Ask) -> None:
    first, second = await ask("SignUp"), await ask("SignUp")

    assert dict(first.headers)["x-amzn-requestid"] != dict(second.headers)["x-amzn-requestid"]


@pytest.mark.parametrize("value", ["first\r\nsecond: header", "ключ 🔑", "\0", "  ", "\x7f\x85\xa0"])
async def test_what_a_header_cannot_carry_stands_in_the_body_alone(ask: Ask, value: str) -> None:
    reply = await ask("DescribeUserPool", {"UserPoolId": value}, authorization=WELL_FORMED)

    text = dict(reply.headers)["x-amzn-errormessage"]
    assert f"'{value}'" in error_of(reply)[2]
    assert text.encode("latin-1")
    assert text.isprintable() or "\xa0" in text
    assert text == text.strip()


async def test_a_text_too_long_for_a_header_is_cut_there(ask: Ask) -> None:
    attributes = [{"Name": "x" * 40}] * 200
    request = {"UserPoolId": "us-east-1_a", "Username": "ann", "UserAttributes": attributes}

    reply = await ask("AdminCreateUser", request, authorization=WELL_FORMED)

    text = dict(reply.headers)["x-amzn-errormessage"]
    assert len(error_of(reply)[2]) > 8_000
    assert len(text) < 8_000
    assert error_of(reply)[2].startswith(text)


async def test_an_operation_without_output_has_an_empty_body(ask: Ask) -> None:
    made = await ask("CreateUserPool", {"PoolName": "people"}, authorization=WELL_FORMED)
    pool_id = json.loads(made.body)["UserPool"]["Id"]

    reply = await ask("DeleteUserPool", {"UserPoolId": pool_id}, authorization=WELL_FORMED)

    assert (reply.status, reply.body) == (200, b"")


async def test_an_operation_with_nothing_to_say_has_an_empty_object(ask: Ask, client_of_pool: Client) -> None:
    reply = await ask(
        "AdminDisableUser",
        {"UserPoolId": client_of_pool.pool_id, "Username": "ann"},
        authorization=WELL_FORMED,
    )

    assert (reply.status, reply.body) == (200, b"{}")


async def test_a_pool_is_made_in_the_region_that_was_signed_for(ask: Ask) -> None:
    reply = await ask("CreateUserPool", {"PoolName": "people"}, authorization=WELL_FORMED)

    assert json.loads(reply.body)["UserPool"]["Id"].startswith("eu-west-3_")


# ---- who may call ----


async def test_in_development_a_signed_operation_needs_a_well_formed_signature(ask: Ask) -> None:
    request = {"PoolName": "people"}

    assert error_of(await ask("CreateUserPool", request))[1] == "MissingAuthenticationTokenException"
    assert (
        error_of(await ask("CreateUserPool", request, authorization="Basic eDp5"))[1]
        == "IncompleteSignatureException"
    )


async def test_a_caller_without_a_signature_learns_nothing_about_the_request(ask: Ask) -> None:
    reply = await ask("AdminGetUser", {"UserPoolId": "", "Username": ""})

    assert error_of(reply)[1] == "MissingAuthenticationTokenException"


async def test_a_public_operation_looks_at_no_signature(strict_server: Server) -> None:
    for authorization in ({}, {"authorization": "Bearer abc"}, {"authorization": WELL_FORMED}):
        reply = await strict_server.rpc.answer(
            {"x-amz-target": f"{PREFIX}.InitiateAuth", **authorization},
            b'{"AuthFlow":"USER_SRP_AUTH","ClientId":"nosuchclient"}',
        )

        assert error_of(reply)[1] == "ResourceNotFoundException"


async def test_outside_development_a_made_up_signature_is_refused(strict_server: Server) -> None:
    reply = await strict_server.rpc.answer(
        {"x-amz-target": f"{PREFIX}.ListUserPools", "authorization": WELL_FORMED}, b'{"MaxResults":5}'
    )

    assert error_of(reply)[1] == "UnrecognizedClientException"


async def test_outside_development_a_right_signature_is_let_in(
    strict_server: Server, access_key: AccessKey
) -> None:
    body = b'{"MaxResults":5}'
    request = AWSRequest(
        method="POST",
        url="http://127.0.0.1:9229/",
        data=body,
        headers={"Host": "127.0.0.1:9229", "X-Amz-Target": f"{PREFIX}.ListUserPools"},
    )
    SigV4Auth(Credentials(*access_key), "cognito-idp", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}

    reply = await strict_server.rpc.answer(headers, body)

    assert (reply.status, reply.body) == (200, b'{"UserPools":[]}')
    other = {**headers, "x-amz-target": f"{PREFIX}.CreateUserPool"}
    assert error_of(await strict_server.rpc.answer(other, body))[1] == "InvalidSignatureException"


# ---- the last resort ----


async def test_what_goes_wrong_here_is_told_to_the_operator_and_not_to_the_caller(
    make_key: Callable[[], RSAPrivateKey], caplog: pytest.LogCaptureFixture
) -> None:
    server = await open_server(Settings(database_url="sqlite://"), make_key=make_key)
    await server.close()

    with caplog.at_level(logging.ERROR, logger="userpool.rpc"):
        reply = await server.rpc.answer(
            {"x-amz-target": f"{PREFIX}.InitiateAuth"},
            b'{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"abc","AuthParameters":{"PASSWORD":"canary"}}',
        )

    assert error_of(reply) == (500, "InternalErrorException", "Internal server error")
    assert [record.message for record in caplog.records] == ["an operation failed"]
    assert caplog.records[0].request_id == dict(reply.headers)["x-amzn-requestid"]  # type: ignore[attr-defined]
    assert "canary" not in caplog.text


async def test_a_request_of_the_longest_kind_is_refused_in_no_time(ask: Ask) -> None:
    started = time.process_time()

    await ask("SignUp", {"ClientId": "a" * 500_000, "Username": "b" * 500_000, "Password": "p"})

    assert time.process_time() - started < 1
