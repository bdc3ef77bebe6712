"""SMTP: e-mails are handed to a mail server that isn't ours (aiosmtpd), with and without TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from userpool.errors import SettingsError
from userpool.server.context import Context
from userpool.server.messages import smtp
from userpool.server.messages.sender import DeliveryFailedError, MessageRefusedError
from userpool.server.messages.smtp import MailServer, SmtpSender, mail_server
from userpool.server.records import Message
from userpool.wire.user_pools import EmailConfigurationTypeInput

pytestmark = pytest.mark.anyio

Letter = Callable[..., Message]
Make = Callable[..., Any]

# One database is enough to find a pool in.
IN_MEMORY = pytest.mark.parametrize("database_url", ["sqlite-memory"], indirect=True)
PASSWORD = "canary-password"


class Office:
    """What a mail server does with what comes, and what came."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.logins: list[str] = []
        self.to_recipient = self.to_content = "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own name.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(  # noqa: N802  # The same.
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.to_content.startswith("250"):
            self.mails.append(envelope)
        return self.to_content

    def login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        is_right = data == LoginPassword(b"robot@example.com", PASSWORD.encode())
        self.logins.append(data.login.decode())
        return AuthResult(success=is_right, handled=False)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 with its key, which nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(address, critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
async def opened(
    office: Office, certificate: Path
) -> AsyncIterator[Callable[..., Awaitable[tuple[str, int]]]]:
    """Give a function that opens a mail server and returns where it is: `tls` is implicit, starttls or none."""
    contexts = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    contexts.load_cert_chain(certificate)
    servers: list[asyncio.Server] = []

    async def begin(tls: str, **options: Any) -> tuple[str, int]:
        if tls == "starttls":
            options |= {"tls_context": contexts, "require_starttls": True}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(office, hostname="mail.example.com", loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=contexts if tls == "implicit" else None,
        )
        servers.append(server)
        host, port = server.sockets[0].getsockname()[:2]
        return host, port

    yield begin
    for server in servers:
        server.close()


@pytest.fixture
async def sender_for(
    context: Context, make_pool: Make, certificate: Path
) -> AsyncIterator[Callable[..., SmtpSender]]:
    """Give a function that makes a sender which trusts the certificate."""
    made: list[SmtpSender] = []

    def make(server: MailServer, *, trusts: bool = True) -> SmtpSender:
        tls = ssl.create_default_context(cafile=str(certificate) if trusts else None)
        made.append(
            SmtpSender(
                server, default_from="Example <no-reply@example.com>", directory=context.directory, tls=tls
            )
        )
        return made[-1]

    yield make
    for sender in made:
        await sender.close()


@pytest.fixture
async def mail(make_pool: Make, letter: Letter) -> Callable[..., Awaitable[Message]]:
    """Give a function that makes a message of a pool."""

    async def make(email: EmailConfigurationTypeInput | None = None, **members: Any) -> Message:
        pool = await make_pool(email_configuration=email)
        return letter(pool_id=pool.pool_id, subject="Your verification code", **members)

    return make


# ---- the conversation ----


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
@IN_MEMORY
async def test_an_email_arrives(opened: Make, sender_for: Make, mail: Make, office: Office, tls: Any) -> None:
    host, port = await opened(tls)

    await sender_for(MailServer(host, port, tls)).send(await mail())

    (envelope,) = office.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.com", ["ann@example.com"])
    content = message_from_bytes(envelope.original_content or b"", policy=modern)
    assert (content["From"], content["Subject"]) == (
        "Example <no-reply@example.com>",
        "Your verification code",
    )
    assert content.get_content().strip() == "Your confirmation code is 481516"


@IN_MEMORY
async def test_a_pools_own_sender_is_used(opened: Make, sender_for: Make, mail: Make, office: Office) -> None:
    host, port = await opened("none")
    own = EmailConfigurationTypeInput(
        from_="Own <own@example.net>", reply_to_email_address="help@example.net"
    )

    await sender_for(MailServer(host, port, "none")).send(await mail(own))

    (envelope,) = office.mails
    assert envelope.mail_from == "own@example.net"
    assert b"Reply-To: help@example.net\r\n" in (envelope.original_content or b"")


@IN_MEMORY
async def test_a_sender_logs_in(opened: Make, sender_for: Make, mail: Make, office: Office) -> None:
    host, port = await opened("starttls", authenticator=office.login, auth_required=True)

    await sender_for(MailServer(host, port, "starttls", "robot@example.com", PASSWORD)).send(await mail())

    assert office.logins == ["robot@example.com"]
    assert len(office.mails) == 1


@IN_MEMORY
async def test_the_loop_is_not_kept_waiting(
    opened: Make, sender_for: Make, mail: Make, office: Office
) -> None:
    host, port = await opened("none")
    sender, letters = sender_for(MailServer(host, port, "none")), [await mail() for _ in range(5)]

    # The mail server runs on this loop: were it blocked, nobody would answer.
    await asyncio.gather(*(sender.send(one) for one in letters))

    assert len(office.mails) == 5


@IN_MEMORY
async def test_an_email_of_a_deleted_pool_is_dropped(sender_for: Make, letter: Letter) -> None:
    await sender_for(MailServer("127.0.0.1", 1, "none")).send(letter(pool_id="us-east-1_gone"))


# ---- what goes wrong ----


@pytest.mark.parametrize(
    ("place", "answer", "error"),
    [
        ("to_recipient", "550 5.1.1 No such user ann@example.com", MessageRefusedError),
        ("to_content", "554 5.7.1 Spam: 481516", MessageRefusedError),
        ("to_recipient", "451 4.7.1 Greylisted", DeliveryFailedError),
        ("to_content", "452 4.3.1 Full", DeliveryFailedError),
        ("to_content", "421 4.3.2 Shutting down", DeliveryFailedError),
    ],
)
@IN_MEMORY
async def test_the_mail_server_says_whether_it_is_worth_another_try(
    opened: Make,
    sender_for: Make,
    mail: Make,
    office: Office,
    place: str,
    answer: str,
    error: type[Exception],
) -> None:
    host, port = await opened("none")
    setattr(office, place, answer)

    with pytest.raises(error, match=f"the mail server answered {answer[:3]}") as caught:
        await sender_for(MailServer(host, port, "none")).send(await mail())

    # What it says may quote the message.
    assert "481516" not in str(caught.value)
    assert "ann@" not in str(caught.value)


@IN_MEMORY
async def test_a_wrong_password_is_no_reason_to_give_a_message_up(
    opened: Make, sender_for: Make, mail: Make, office: Office
) -> None:
    # It doesn't know that it is behind TLS.
    host, port = await opened("implicit", authenticator=office.login, auth_require_tls=False)
    server = MailServer(host, port, "implicit", "robot@example.com", "wrong-canary")

    with pytest.raises(DeliveryFailedError, match=r"answered 535 \(SMTPAuthenticationError\)") as caught:
        await sender_for(server).send(await mail())

    assert "canary" not in str(caught.value)
    assert office.mails == []


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@IN_MEMORY
async def test_a_certificate_that_nobody_trusts_gets_no_email(
    opened: Make, sender_for: Make, mail: Make, office: Office, tls: Any
) -> None:
    host, port = await opened(tls)

    with pytest.raises(DeliveryFailedError, match="SSLCertVerificationError"):
        await sender_for(MailServer(host, port, tls), trusts=False).send(await mail())

    assert office.mails == []


@IN_MEMORY
async def test_a_mail_server_without_tls_gets_nothing_where_tls_is_asked_for(
    opened: Make, sender_for: Make, mail: Make, office: Office
) -> None:
    host, port = await opened("none", authenticator=office.login, auth_require_tls=False)

    with pytest.raises(DeliveryFailedError, match="SMTPNotSupportedError"):
        await sender_for(MailServer(host, port, "starttls", "robot@example.com", PASSWORD)).send(await mail())

    assert (office.logins, office.mails) == ([], [])


@IN_MEMORY
async def test_a_mail_server_that_is_away_is_tried_again(sender_for: Make, mail: Make) -> None:
    with pytest.raises(DeliveryFailedError, match="ConnectionRefusedError"):
        await sender_for(MailServer("127.0.0.1", 1, "none")).send(await mail())


@IN_MEMORY
async def test_a_mail_server_that_says_nothing_is_waited_for_no_longer_than_that(
    sender_for: Make, mail: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.05)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(DeliveryFailedError, match="could not be talked to"):
            await sender_for(MailServer(host, port, "none")).send(await mail())


@IN_MEMORY
async def test_a_sender_that_is_closed_lets_its_threads_go(
    opened: Make, sender_for: Make, mail: Make, office: Office
) -> None:
    host, port = await opened("none")
    sender = sender_for(MailServer(host, port, "none"))
    await sender.send(await mail())
    begun = [thread for thread in threading.enumerate() if thread.name.startswith("userpool mail")]

    await sender.close()

    for thread in begun:
        thread.join(10)
    assert begun
    assert not any(thread.is_alive() for thread in begun)


@IN_MEMORY
async def test_a_destination_that_is_no_address_never_reaches_the_mail_server(
    opened: Make, sender_for: Make, mail: Make, office: Office
) -> None:
    host, port = await opened("none")

    with pytest.raises(MessageRefusedError, match="isn't an e-mail address"):
        await sender_for(MailServer(host, port, "none")).send(
            await mail(destination="ann@example.com>\r\nRCPT TO:<all@example.com")
        )

    assert office.mails == []


# ---- settings ----


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://mail.example.com", MailServer("mail.example.com", 465, "implicit")),
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, "starttls")),
        ("smtp://localhost:1025", MailServer("localhost", 1025, "none")),
        ("smtp://[::1]:25", MailServer("::1", 25, "none")),
        ("smtps://localhost:1", MailServer("localhost", 1, "implicit")),
        (
            "smtps://robot%40example.com:p%2Fw%3A@mail.example.com:2465",
            MailServer("mail.example.com", 2465, "implicit", "robot@example.com", "p/w:"),
        ),
    ],
)
def test_an_url_says_where_and_how(url: str, server: MailServer) -> None:
    assert mail_server(url, allow_plain=False) == server


def test_another_machine_may_do_without_tls_where_that_is_allowed() -> None:
    assert mail_server("smtp://mail.example.com", allow_plain=True).tls == "none"
    assert mail_server("smtps://mail.example.com", allow_plain=True).tls == "implicit"


def test_a_password_is_not_shown() -> None:
    assert "canary" not in repr(mail_server("smtps://robot:canary@mail.example.com", allow_plain=False))


@IN_MEMORY
async def test_a_sender_that_is_no_address_is_refused(context: Context) -> None:
    with pytest.raises(SettingsError, match="smtp_from has to be an address"):
        SmtpSender(MailServer("h", 1, "none"), default_from="nobody", directory=context.directory)
