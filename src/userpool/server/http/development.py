"""Development only: the messages that were sent, for tests in any language to read codes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from userpool.server.messages.inbox import Inbox

MESSAGES = "/_userpool/messages"


def messages_document(inbox: Inbox) -> bytes:
    """Return the messages as JSON, newest first: pool, user, destination, kind, code, text and more."""
    return msgspec.json.encode(
        [
            {
                "pool": message.pool_id,
                "user": message.username,
                "sub": message.sub,
                "medium": message.medium,
                "destination": message.destination,
                "kind": message.kind,
                "code": message.code,
                "subject": message.subject,
                "text": message.text,
                "sent": message.created_ms / 1000,
            }
            for message in inbox.messages()
        ]
    )
