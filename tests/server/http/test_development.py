"""The messages that tests in other languages read."""

from __future__ import annotations

import json

import pytest

from userpool.server.http.development import messages_document
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Message

pytestmark = pytest.mark.anyio


async def test_messages_are_listed_newest_first_with_all_that_a_test_needs() -> None:
    inbox = Inbox()
    for number, kind in enumerate(["SignUp", "ForgotPassword"]):
        message = Message(
            message_id=str(number),
            pool_id="eu-west-1_AbCdEfGhI",
            username="ann",
            sub="s",
            medium="EMAIL",
            destination="ann@example.com",
            kind=kind,
            code=f"{number:06d}",
            subject="Your verification code",
            text=f"Your confirmation code is {number:06d}",
            created_ms=1_767_225_600_500,
        )
        await inbox.send(message)

    newest, oldest = json.loads(messages_document(inbox))

    assert newest == {
        "pool": "eu-west-1_AbCdEfGhI",
        "user": "ann",
        "sub": "s",
        "medium": "EMAIL",
        "destination": "ann@example.com",
        "kind": "ForgotPassword",
        "code": "000001",
        "subject": "Your verification code",
        "text": "Your confirmation code is 000001",
        "sent": 1_767_225_600.5,
    }
    assert oldest["kind"] == "SignUp"


def test_an_empty_inbox_is_an_empty_list() -> None:
    assert messages_document(Inbox()) == b"[]"
