"""The page of sent messages, for tests in any language."""

from __future__ import annotations

import json

import pytest

from userpool.server.http.development import MESSAGES, messages_document
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Message

pytestmark = pytest.mark.anyio


def a_message(number: int) -> Message:
    return Message(
        message_id=f"message-{number}",
        pool_id="us-east-1_aaaaaaaaa",
        username="ann",
        sub="s",
        medium="EMAIL",
        destination="ann@example.com",
        kind="SignUp",
        code=f"48151{number}",
        subject="Your verification code",
        text=f"Your confirmation code is 48151{number}",
        created_ms=1_767_225_600_000 + number,
    )


async def test_messages_are_told_newest_first_with_what_a_test_needs() -> None:
    inbox = Inbox()
    for number in (1, 2):
        await inbox.send(a_message(number))

    told = json.loads(messages_document(inbox))

    assert [message["code"] for message in told] == ["481512", "481511"]
    assert told[1] == {
        "pool": "us-east-1_aaaaaaaaa",
        "user": "ann",
        "sub": "s",
        "medium": "EMAIL",
        "destination": "ann@example.com",
        "kind": "SignUp",
        "code": "481511",
        "subject": "Your verification code",
        "text": "Your confirmation code is 481511",
        "sent": 1_767_225_600.001,
    }


def test_without_messages_the_list_is_empty() -> None:
    assert messages_document(Inbox()) == b"[]"


def test_the_address_is_one_that_no_pool_has() -> None:
    assert MESSAGES == "/_userpool/messages"
