"""SMTP: a sender that hands e-mails to a mail server.

The conversation blocks, so it has threads of its own: those of the event loop's executor are few, and a mail server
that doesn't answer mustn't keep anything else waiting. A connection carries one message.

Sources: rfc5321 §4.2.1 (4yz: try again, 5yz: don't), rfc3207 (STARTTLS), rfc8314 §3.3 (TLS from the first byte),
rfc4954 (AUTH).
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from userpool.errors import SettingsError
from userpool.server.messages.mail import compose, mailbox
from userpool.server.messages.outbox import SLOTS
from userpool.server.messages.sender import DeliveryFailedError, MessageRefusedError
from userpool.server.settings import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from userpool.server.directory import Directory
    from userpool.server.messages.mail import Mail
    from userpool.server.records import Message

TIMEOUT_SECONDS = 20.0
"""For each answer of the mail server."""

PORTS = {"smtps": 465, "smtp": 587}
PERMANENT = range(500, 600)


class MailServer(NamedTuple):
    """Where e-mails are handed in, and how."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port}, tls={self.tls!r}, password=***)"


def mail_server(url: str, *, allow_plain: bool) -> MailServer:
    """Read `smtps://user:password@host:port` (TLS) or `smtp://...` (STARTTLS, save on this machine).

    Args:
        url: from the settings, which have checked its scheme and host.
        allow_plain: whether `smtp` to another machine may do without TLS.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    if parts.scheme == "smtps":
        tls = "implicit"
    elif allow_plain or host in LOOPBACK_HOSTS:
        tls = "none"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailServer(host, parts.port or PORTS[parts.scheme], tls, user, password)


class SmtpSender:
    """Hands e-mails to a mail server."""

    is_immediate = False

    def __init__(
        self,
        server: MailServer,
        *,
        default_from: str,
        directory: Directory,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take what it needs.

        Args:
            server: where to hand them in.
            default_from: the sender for pools that have none of their own.
            directory: where pools are found.
            tls: whom to trust; by default the authorities that this machine trusts (`SSL_CERT_FILE` names others).

        Raises:
            SettingsError: the sender isn't an address.
        """
        try:
            self._default_from = mailbox(default_from)
        except ValueError as error:
            raise SettingsError(
                "smtp_from has to be an address, such as Example <no-reply@example.com>."
            ) from error
        self._server = server
        self._directory = directory
        self._tls = tls or ssl.create_default_context()
        self._threads = ThreadPoolExecutor(SLOTS, thread_name_prefix="userpool mail")

    async def send(self, message: Message) -> None:
        """Hand an e-mail in; one whose pool has been deleted is dropped.

        Raises:
            MessageRefusedError: the mail server doesn't take it, and won't.
            DeliveryFailedError: it couldn't be handed in now.
        """
        pool = await self._directory.pool(message.pool_id)
        if pool is None:
            return
        mail = compose(message, pool.description.email_configuration, self._default_from)
        await asyncio.get_running_loop().run_in_executor(self._threads, self._hand_in, mail)

    async def close(self) -> None:
        """Let go of the threads; one that waits for the mail server ends with its time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hand_in(self, mail: Mail) -> None:
        # What a mail server says may quote the message; its number says enough. So no error is passed on as it is.
        try:
            self._converse(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise _after_answer("the recipient", next(iter(error.recipients.values()))[0]) from None
        except smtplib.SMTPDataError as error:
            raise _after_answer("the content", error.smtp_code) from None
        except smtplib.SMTPResponseException as error:
            # Of the connection, the login or the sender: the settings are wrong then, not the message.
            raise DeliveryFailedError(
                f"the mail server answered {error.smtp_code} ({type(error).__name__})"
            ) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise DeliveryFailedError(
                f"the mail server could not be talked to ({type(error).__name__})"
            ) from None

    def _converse(self, mail: Mail) -> None:
        with contextlib.closing(self._connected()) as connection:
            if self._server.tls == "starttls":
                connection.starttls(context=self._tls)
            if self._server.user is not None:
                connection.login(self._server.user, self._server.password or "")
            connection.send_message(mail.content, mail.sender, [mail.recipient])
            # It has the message; how it says goodbye doesn't matter.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        name = _own_name()
        if self._server.tls == "implicit":
            return smtplib.SMTP_SSL(
                host, port, local_hostname=name, timeout=TIMEOUT_SECONDS, context=self._tls
            )
        return smtplib.SMTP(host, port, local_hostname=name, timeout=TIMEOUT_SECONDS)


def _after_answer(about: str, code: int) -> Exception:
    kind = MessageRefusedError if code in PERMANENT else DeliveryFailedError
    return kind(f"the mail server answered {code} to {about}")


@lru_cache(maxsize=1)
def _own_name() -> str:
    # smtplib would ask for it at every connection, and a name server may take its time.
    name = socket.getfqdn()
    return name if "." in name else "[127.0.0.1]"
