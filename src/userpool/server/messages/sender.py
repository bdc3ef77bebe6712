"""What takes messages to people, and how it says that it couldn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from userpool.server.records import Message

Carrier = Literal["EMAIL", "SMS", "CustomEmailSender", "CustomSMSSender"]
"""Who takes a message: the sender of its medium, or the function that its pool has for it."""


class MessageRefusedError(Exception):
    """This message will never be taken, however often it is tried; the text says why, without address or code."""


class DeliveryFailedError(Exception):
    """The message wasn't taken this time; the text says why, without address or code."""


class Sender(Protocol):
    """Takes messages to people."""

    @property
    def is_immediate(self) -> bool:
        """Whether sending takes no time worth mentioning, so that a request may wait for it."""
        ...

    async def send(self, message: Message) -> None:
        """Deliver a message; raise to have it tried again, MessageRefusedError to have it given up."""
        ...


def carrier_of(message: Message) -> Carrier:
    """Return who takes a message."""
    return message.function or message.medium
