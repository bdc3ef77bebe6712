"""The inbox: a sender that delivers into this process, where tests and people can read."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userpool.server.records import Message

MOST_KEPT = 10_000


class Inbox:
    """Keeps the last messages, newest first."""

    is_immediate = True

    def __init__(self) -> None:
        """Begin empty."""
        self._messages: deque[Message] = deque(maxlen=MOST_KEPT)

    async def send(self, message: Message) -> None:
        """Keep a message."""
        self._messages.appendleft(message)

    def messages(self) -> list[Message]:
        """Return all messages that are kept, newest first."""
        return list(self._messages)
