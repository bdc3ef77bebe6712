"""Text messages by HTTP, posted to a server of the standard library."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from socket import socket
from typing import Any

import pytest
from trigger_functions import FunctionServer

from userpool.server.messages.sender import DeliveryFailedError, MessageRefusedError
from userpool.server.messages.webhook import WebhookSender
from userpool.server.records import Message

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["sqlite-memory"], indirect=True),
]

Letter = Callable[..., Message]


@pytest.fixture
def text(letter: Letter) -> Message:
    return letter(medium="SMS", destination="+15551234567")


def gateway(status: int) -> FunctionServer:
    # Nothing listens there; whoever went to look would tell of a failure of another kind.
    elsewhere = {"location": "http://127.0.0.1:1/"}
    return FunctionServer(lambda *_: (status, elsewhere, b"quoted: 481516"))


async def post(url: str, message: Message) -> None:
    sender = WebhookSender(url)
    try:
        await sender.send(message)
    finally:
        await sender.close()


@pytest.mark.parametrize("status", [200, 202])
async def test_a_text_message_is_posted_as_json(text: Message, status: int) -> None:
    with gateway(status) as served:
        await post(f"{served.origin}/sms?key=canary", text)

    ((method, path, headers, body),) = served.requests
    assert (method, path) == ("POST", "/sms?key=canary")
    assert {name.lower(): value for name, value in headers.items()}["content-type"] == "application/json"
    assert json.loads(body) == {
        "id": "message-01",
        "pool_id": "p",
        "destination": "+15551234567",
        "text": "Your confirmation code is 481516",
        "kind": "SignUp",
    }


async def test_a_user_in_the_address_is_sent_as_basic_authentication(text: Message) -> None:
    with gateway(200) as served:
        await post(served.origin.replace("://", "://robot:canary@"), text)

    ((_, _, headers, _),) = served.requests
    assert {name.lower(): value for name, value in headers.items()}["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, MessageRefusedError),
        (422, MessageRefusedError),
        (302, DeliveryFailedError),
        (401, DeliveryFailedError),
        (404, DeliveryFailedError),
        (429, DeliveryFailedError),
        (500, DeliveryFailedError),
    ],
)
async def test_the_status_says_whether_it_is_worth_another_try(
    text: Message, status: int, error: Any
) -> None:
    with gateway(status) as served, pytest.raises(error, match=f"the webhook answered {status}") as caught:
        await post(served.origin, text)

    assert "481516" not in str(caught.value)


async def test_the_proxies_of_the_environment_are_not_asked(
    text: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    with gateway(200) as served:
        await post(served.origin, text)

    assert len(served.requests) == 1


async def test_a_webhook_that_is_away_is_tried_again_and_its_address_is_not_told(text: Message) -> None:
    with ExitStack() as stack:
        taken = stack.enter_context(closing(socket()))
        taken.bind(("127.0.0.1", 0))

        with pytest.raises(DeliveryFailedError, match="could not be talked to") as caught:
            await post(f"http://127.0.0.1:{taken.getsockname()[1]}/canary", text)

    assert "canary" not in str(caught.value)
