"""Who may call a signed operation. The stranger on the other side of the signature is botocore."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from userpool.server.http.admission import (
    LARGEST_CLOCK_ERROR_SECONDS,
    Signed,
    check_signature,
    parse_authorization,
    region_of,
)
from userpool.wire.faults import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

KEY_ID = "AKUPEXAMPLEEXAMPLE22"
SECRET = "wJalrXUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
TARGET = "AWSCognitoIdentityProviderService.ListUsers"
SCOPE = "20260101/us-east-1/cognito-idp/aws4_request"
BODY = b'{"UserPoolId":"us-east-1_aaaaaaaaa"}'

REFUSALS = (IncompleteSignatureException, InvalidSignatureException, MissingAuthenticationTokenException)

Check = Callable[..., Awaitable[Any]]


def signed(
    body: bytes = BODY,
    *,
    secret: str = SECRET,
    service: str = "cognito-idp",
    region: str = "us-east-1",
    query: str = "",
    **headers: str,
) -> dict[str, str]:
    """Let botocore sign a request; return its headers by lower-case name."""
    request = AWSRequest(
        method="POST",
        url=f"http://127.0.0.1:9229/{query}",
        data=body,
        headers={"Host": "127.0.0.1:9229", "X-Amz-Target": TARGET, **headers},
    )
    SigV4Auth(Credentials(KEY_ID, secret), service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.fixture
def check() -> Check:
    """Give a function that checks a request as the server would."""

    async def secret_of(access_key_id: str) -> str | None:
        return SECRET if access_key_id == KEY_ID else None

    async def run(
        headers: dict[str, str], body: bytes = BODY, *, now: float | None = None, **changes: Any
    ) -> Any:
        request = Signed(
            **{"method": "POST", "path": "/", "query": (), "headers": headers, "body": body, **changes}
        )
        return await check_signature(request, secret_of, now=time.time() if now is None else now)

    return run


# ---- what a stranger signed ----


@pytest.mark.anyio
@pytest.mark.parametrize("service", ["cognito-idp", "cognito-identity"])
@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2", "us-gov-west-1"])
async def test_what_botocore_signs_is_let_in(check: Check, service: str, region: str) -> None:
    signature = await check(signed(service=service, region=region))

    assert (signature.access_key_id, signature.service, signature.region) == (KEY_ID, service, region)


@pytest.mark.anyio
@given(
    body=st.binary(max_size=200),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    query=st.lists(
        st.tuples(st.text("abz-_.~ /+%&=é", min_size=1, max_size=6), st.text("abz019-_.~ /é", max_size=6)),
        max_size=3,
    ),
)
async def test_bodies_headers_and_queries_of_all_kinds_are_signed_alike(
    body: bytes, value: str, query: list[tuple[str, str]]
) -> None:
    async def secret_of(_: str) -> str:
        return SECRET

    request = AWSRequest(
        method="POST",
        url="http://127.0.0.1:9229/",
        data=body,
        params=query,
        headers={"Host": "127.0.0.1:9229", "X-Amz-Target": TARGET, "X-Amz-Note": value},
    )
    SigV4Auth(Credentials(KEY_ID, SECRET), "cognito-idp", "us-east-1").add_auth(request)
    headers = {name.lower(): text for name, text in request.headers.items()}

    assert await check_signature(Signed("POST", "/", query, headers, body), secret_of, now=time.time())


@pytest.mark.anyio
@pytest.mark.parametrize("body", [BODY + b" ", b"", BODY.replace(b"aaaaaaaaa", b"bbbbbbbbb")])
async def test_another_body_than_the_signed_one_is_refused(check: Check, body: bytes) -> None:
    with pytest.raises(InvalidSignatureException):
        await check(signed(), body)


@pytest.mark.anyio
async def test_another_secret_is_refused(check: Check) -> None:
    with pytest.raises(InvalidSignatureException, match="does not match the signature you provided"):
        await check(signed(secret=SECRET.swapcase()))


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-date", "host"])
async def test_a_signed_header_cannot_be_changed(check: Check, name: str) -> None:
    headers = signed()
    replacements = {
        "x-amz-target": TARGET.replace("ListUsers", "DeleteUserPool"),
        "x-amz-date": headers["x-amz-date"][:-2] + "Z",
        "host": "elsewhere.example",
    }

    with pytest.raises(InvalidSignatureException):
        await check({**headers, name: replacements[name]})


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-date", "host"])
async def test_a_header_that_has_to_be_signed_cannot_be_left_out(check: Check, name: str) -> None:
    headers = signed()
    headers["authorization"] = re.sub(rf"(?<=[=;]){name};?", "", headers["authorization"])
    assert name not in headers["authorization"]

    with pytest.raises((InvalidSignatureException, IncompleteSignatureException)):
        await check(headers)


@pytest.mark.anyio
async def test_a_signature_over_fewer_headers_is_refused_even_if_it_is_right(check: Check) -> None:
    # Signed honestly without the operation's name: good for any operation with this body.
    request = AWSRequest(method="POST", url="http://127.0.0.1:9229/", data=BODY)
    SigV4Auth(Credentials(KEY_ID, SECRET), "cognito-idp", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}

    with pytest.raises(
        InvalidSignatureException, match="has to cover the headers host, x-amz-date, x-amz-target"
    ):
        await check({**headers, "host": "127.0.0.1:9229", "x-amz-target": TARGET})


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [-LARGEST_CLOCK_ERROR_SECONDS - 2, LARGEST_CLOCK_ERROR_SECONDS + 2])
async def test_a_signature_of_another_time_is_refused(check: Check, seconds: int) -> None:
    with pytest.raises(InvalidSignatureException, match="Signature expired"):
        await check(signed(), now=time.time() + seconds)


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [-LARGEST_CLOCK_ERROR_SECONDS + 2, LARGEST_CLOCK_ERROR_SECONDS - 2])
async def test_clocks_may_differ_a_little(check: Check, seconds: int) -> None:
    assert await check(signed(), now=time.time() + seconds)


@pytest.mark.anyio
@pytest.mark.parametrize("date", ["", "yesterday", "20260101", "20260101T000000", "20261301T000000Z"])
async def test_a_date_that_is_none_is_refused(check: Check, date: str) -> None:
    with pytest.raises(InvalidSignatureException):
        await check({**signed(), "x-amz-date": date})


@pytest.mark.anyio
async def test_a_scope_of_another_day_is_refused(check: Check) -> None:
    headers = signed()
    headers["authorization"] = re.sub(r"/[0-9]{8}/", "/20200101/", headers["authorization"])

    with pytest.raises(InvalidSignatureException, match="date in the credential scope"):
        await check(headers)


@pytest.mark.anyio
async def test_a_key_that_nobody_has_is_told_so(check: Check) -> None:
    headers = signed()
    headers["authorization"] = headers["authorization"].replace(KEY_ID, "AKUPSOMEBODYELSES222")

    with pytest.raises(UnrecognizedClientException) as caught:
        await check(headers)

    assert caught.value.message == "The security token included in the request is invalid."


@pytest.mark.anyio
async def test_a_signature_for_another_service_is_refused(check: Check) -> None:
    with pytest.raises(InvalidSignatureException, match="not 'dynamodb'"):
        await check(signed(service="dynamodb"))


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{}, {"authorization": ""}])
async def test_an_unsigned_request_is_told_so(check: Check, headers: dict[str, str]) -> None:
    with pytest.raises(MissingAuthenticationTokenException) as caught:
        await check(headers)

    assert caught.value.message == "Missing Authentication Token"


# ---- the header ----


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer abc",
        "AWS4-HMAC-SHA256",
        f"AWS4-HMAC-SHA256 Credential=AKID/{SCOPE}",
        f"AWS4-HMAC-SHA256 Credential=AKID/{SCOPE}, SignedHeaders=host, Signature=short",
        f"AWS4-HMAC-SHA256 Credential=AKID/{SCOPE[4:]}, SignedHeaders=host, Signature={'0' * 64}",
        f"AWS4-ECDSA-P256-SHA256 Credential=AKID/{SCOPE}, SignedHeaders=host, Signature={'0' * 64}",
    ],
)
def test_half_a_signature_is_none(authorization: str) -> None:
    with pytest.raises(IncompleteSignatureException):
        parse_authorization(authorization)


@pytest.mark.parametrize("key", ["", "a b", "a\0b", "ü", "a,b", "k" * 129])
def test_what_no_access_key_is_called_is_no_signature(key: str) -> None:
    scope = f"{key}/20260101/us-east-1/cognito-idp/aws4_request"

    with pytest.raises(IncompleteSignatureException):
        parse_authorization(f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}")


@given(st.text())
def test_whatever_the_header_holds_it_is_read_or_refused(text: str) -> None:
    for authorization in (text, f"AWS4-HMAC-SHA256 {text}", f"AWS4-HMAC-SHA256 Credential={text}"):
        with contextlib.suppress(*REFUSALS):
            parse_authorization(authorization)
        region_of({"authorization": authorization})


@given(
    key=st.text("ABCXYZ234567", min_size=1, max_size=128),
    date=st.text("0123456789", min_size=8, max_size=8),
    names=st.lists(st.sampled_from(["host", "x-amz-date", "content-type"]), min_size=1, max_size=5),
    signature=st.text("0123456789abcdef", min_size=64, max_size=64),
    gap=st.sampled_from([", ", ",", ",   "]),
)
def test_a_whole_header_is_read_into_its_parts(
    key: str, date: str, names: list[str], signature: str, gap: str
) -> None:
    scope = f"{date}/eu-west-1/cognito-idp/aws4_request"
    text = f"AWS4-HMAC-SHA256 Credential={key}/{scope}{gap}SignedHeaders={';'.join(names)}{gap}Signature={signature}"

    found = parse_authorization(text)

    assert (found.access_key_id, found.scope, found.signed_headers, found.signature) == (
        key,
        scope,
        tuple(names),
        signature,
    )


@pytest.mark.parametrize(
    ("authorization", "region"),
    [
        ("AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/cognito-idp/aws4_request", "eu-central-1"),
        ("AWS4-HMAC-SHA256 Credential=AKID/20260101/us-gov-west-1/cognito-idp/aws4_request", "us-gov-west-1"),
        ("AWS4-HMAC-SHA256 Credential=AKID/20260101/nowhere/cognito-idp/aws4_request", None),
        ("AWS4-HMAC-SHA256 Credential=AKID/20260101/../cognito-idp/aws4_request", None),
        ("Bearer abc", None),
    ],
)
def test_the_region_is_that_of_the_scope(authorization: str, region: str | None) -> None:
    assert region_of({"authorization": authorization}) == region
    assert region_of({}) is None


@pytest.mark.parametrize("part", ["Credential=", "Credential=a/20260101/us", "-a", ",Signature="])
def test_a_header_of_a_megabyte_is_looked_through_in_no_time(part: str) -> None:
    authorization = "AWS4-HMAC-SHA256 Credential=a/20260101/us" + part * (1_000_000 // len(part))

    started = time.process_time()
    assert region_of({"authorization": authorization}) is None
    with pytest.raises(IncompleteSignatureException):
        parse_authorization(authorization)

    assert time.process_time() - started < 1
