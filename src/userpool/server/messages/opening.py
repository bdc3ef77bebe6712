"""Who takes messages: the senders of the settings, and the inbox for what has none, if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.directory import Directory
    from userpool.server.messages.inbox import Inbox
    from userpool.server.messages.sender import Carrier, Sender
    from userpool.server.messages.smtp import SmtpSender
    from userpool.server.messages.webhook import WebhookSender
    from userpool.server.settings import Settings


class Carriers:
    """The senders of a server."""

    def __init__(
        self, by_carrier: Mapping[Carrier, Sender], opened: list[SmtpSender | WebhookSender]
    ) -> None:
        """Take who takes what, and who has to be closed."""
        self.by_carrier = by_carrier
        self._opened = opened

    async def close(self) -> None:
        """Let go of threads and connections."""
        for sender in self._opened:
            await sender.close()


def open_carriers(settings: Settings, directory: Directory, *, inbox: Inbox | None) -> Carriers:
    """Return who takes e-mails and text messages; a medium that nobody takes is missing.

    Args:
        settings: which senders there are.
        directory: where pools are found.
        inbox: takes what no sender takes.

    Raises:
        SettingsError: a sender can't work.
    """
    by_carrier: dict[Carrier, Sender] = {} if inbox is None else {"EMAIL": inbox, "SMS": inbox}
    opened: list[SmtpSender | WebhookSender] = []
    if settings.smtp_url is not None:
        # A server without mail doesn't load what speaks SMTP.
        from userpool.server.messages.smtp import SmtpSender, mail_server  # noqa: PLC0415

        server = mail_server(settings.smtp_url, allow_plain=settings.allow_plain_messages)
        mail = SmtpSender(server, default_from=settings.smtp_from or "", directory=directory)
        by_carrier["EMAIL"] = mail
        opened.append(mail)
    if settings.sms_url is not None:
        from userpool.server.messages.webhook import WebhookSender  # noqa: PLC0415

        text = WebhookSender(settings.sms_url)
        by_carrier["SMS"] = text
        opened.append(text)
    return Carriers(by_carrier, opened)
