"""Which credentials sign a request; the signature itself is compared with botocore's in tests/crypto."""

from __future__ import annotations

from threading import Thread, current_thread
from typing import Any

import pytest

from userpool.crypto.sigv4 import Credentials
from userpool.errors import SettingsError
from userpool.transport import HttpRequest
from userpool.transport.signing import Signer, async_signed, signed

pytestmark = pytest.mark.anyio

REQUEST = HttpRequest("POST", "https://x.example/", {"X-Amz-Target": "a.B"}, b"{}")
ONE, ANOTHER = Credentials("AKIDONE", "s"), Credentials("AKIDANOTHER", "s", "the token")


def key_in(request: HttpRequest) -> str:
    return request.headers["Authorization"].partition("Credential=")[2].split("/")[0]


def test_given_credentials_sign_for_the_region_and_leave_the_request_as_it_is() -> None:
    request = signed(REQUEST, signer=Signer(ONE, "eu-west-1"), now=1_767_225_600.0)

    assert (
        "Credential=AKIDONE/20260101/eu-west-1/cognito-idp/aws4_request" in request.headers["Authorization"]
    )
    assert (request.url, request.body, request.headers["X-Amz-Target"]) == (REQUEST.url, b"{}", "a.B")


def test_a_function_is_asked_anew_for_every_request() -> None:
    keys = [ONE, ANOTHER]
    signer = Signer(lambda: keys.pop(0), "eu-west-1")

    requests = [signed(REQUEST, signer=signer, now=0.0) for _ in range(2)]

    assert [key_in(request) for request in requests] == ["AKIDONE", "AKIDANOTHER"]
    assert requests[1].headers["X-Amz-Security-Token"] == "the token"


async def test_the_asyncio_half_takes_both_kinds_of_function() -> None:
    async def soon() -> Credentials:
        return ANOTHER

    sources: list[Any] = [ONE, lambda: ONE, soon]
    signers = [Signer(source, "eu-west-1") for source in sources]

    requests = [await async_signed(REQUEST, signer=signer, now=0.0) for signer in signers]

    assert [key_in(request) for request in requests] == ["AKIDONE", "AKIDONE", "AKIDANOTHER"]


def test_the_blocking_half_says_that_it_cannot_wait_for_a_coroutine() -> None:
    async def soon() -> Credentials:
        return ONE

    source: Any = soon
    with pytest.raises(SettingsError, match="AsyncUserPool"):
        signed(REQUEST, signer=Signer(source, "eu-west-1"), now=0.0)


def test_without_a_source_the_machine_s_credentials_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("userpool.machine_credentials.machine_credentials", lambda: ANOTHER)

    assert key_in(signed(REQUEST, signer=Signer(None, "eu-west-1"), now=0.0)) == "AKIDANOTHER"


async def test_looking_for_the_machine_s_credentials_holds_up_no_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[Thread] = []

    def found() -> Credentials:
        threads.append(current_thread())
        return ANOTHER

    monkeypatch.setattr("userpool.machine_credentials.machine_credentials", found)

    request = await async_signed(REQUEST, signer=Signer(None, "eu-west-1"), now=0.0)

    assert key_in(request) == "AKIDANOTHER"
    assert threads != [current_thread()]


def test_a_signer_shows_no_credentials() -> None:
    assert repr(Signer(ANOTHER, "eu-west-1")) == "Signer(region='eu-west-1', service='cognito-idp')"
