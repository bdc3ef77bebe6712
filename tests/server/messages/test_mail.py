"""E-mails as they are sent: what stands in their headers, and what never gets there."""

from __future__ import annotations

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.server.messages.mail import Mail, compose, mailbox
from userpool.server.messages.sender import MessageRefusedError
from userpool.server.records import Message
from userpool.wire.user_pools import EmailConfigurationType

OURS = Address("Example", addr_spec="no-reply@example.com")


def letter(**members: Any) -> Message:
    usual: dict[str, Any] = {
        "message_id": "4f5c0d5e-0000-4000-8000-000000000000",
        "pool_id": "p",
        "username": "ann",
        "sub": "s",
        "medium": "EMAIL",
        "destination": "ann@example.org",
        "kind": "SignUp",
        "code": "481516",
        "subject": "Your verification code",
        "text": "Your confirmation code is 481516",
        "created_ms": 1_767_225_600_000,
    }
    return Message(**{**usual, **members})


def read(mail: Mail) -> EmailMessage:
    """Read an e-mail back as its recipient would."""
    found = message_from_bytes(mail.content.as_bytes(), policy=modern)
    assert isinstance(found, EmailMessage)
    return found


def test_an_email_says_what_every_email_says() -> None:
    mail = compose(letter(), None, OURS)

    assert (mail.sender, mail.recipient) == ("no-reply@example.com", "ann@example.org")
    assert dict(read(mail)) == {
        "From": "Example <no-reply@example.com>",
        "To": "ann@example.org",
        "Subject": "Your verification code",
        "Date": "Thu, 01 Jan 2026 00:00:00 +0000",
        "Message-ID": "<4f5c0d5e-0000-4000-8000-000000000000@example.com>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert read(mail).get_content().splitlines() == ["Your confirmation code is 481516"]


def test_a_body_with_markup_is_html() -> None:
    mail = compose(letter(text="<p>Grüße: 481516</p>", is_html=True), None, OURS)

    assert read(mail).get_content_type() == "text/html"
    assert read(mail).get_content().splitlines() == ["<p>Grüße: 481516</p>"]


def test_a_pool_may_have_a_sender_of_its_own() -> None:
    own = EmailConfigurationType(
        from_="Müller <info@bücher.example>", reply_to_email_address="help@example.net"
    )

    mail = compose(letter(), own, OURS)

    assert mail.sender == "info@xn--bcher-kva.example"
    assert read(mail)["From"].addresses[0].display_name == "Müller"
    assert read(mail)["Reply-To"] == "help@example.net"


@pytest.mark.parametrize("from_", ["nonsense", "a@example.com\r\nBcc: all@example.com", "a@b, c@d", ""])
def test_a_sender_that_is_none_is_not_used(from_: str) -> None:
    own = EmailConfigurationType(from_=from_, reply_to_email_address=from_)

    mail = compose(letter(), own, OURS)

    assert mail.sender == "no-reply@example.com"
    assert read(mail)["Reply-To"] is None


@pytest.mark.parametrize(
    "destination",
    [
        "ann",
        "ann@",
        "@example.com",
        "",
        "ann@example.com, bob@example.com",
        "ann@example.com\r\nRCPT TO:<all@example.com>",
        "ann@example.com\nBcc: all@example.com",
        "Ann <ann@example.com>",
        "group: ann@example.com;",
        "änn@example.com",
    ],
)
def test_what_is_no_address_gets_no_email(destination: str) -> None:
    with pytest.raises(MessageRefusedError, match="isn't an e-mail address") as caught:
        compose(letter(destination=destination), None, OURS)

    assert "ann" not in str(caught.value)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_a_subject_begins_no_header_of_its_own(end: str) -> None:
    mail = compose(letter(subject=f"Hello{end}Bcc: all@example.com{end}"), None, OURS)

    assert read(mail)["Subject"] == "Hello Bcc: all@example.com"
    assert read(mail)["Bcc"] is None


@given(subject=st.text(max_size=300), text=st.text(max_size=300), name=st.text(max_size=40))
def test_whatever_is_said_the_headers_are_ours(subject: str, text: str, name: str) -> None:
    own = EmailConfigurationType(from_=f"{name} <a@example.com>")

    try:
        mail = read(compose(letter(subject=subject, text=text), own, OURS))
    except UnicodeEncodeError:
        # Half a surrogate pair has no bytes, and never comes out of JSON.
        assert any("\ud800" <= letter <= "\udfff" for letter in subject + text + name)
        return

    assert len(mail.keys()) == 9
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann Example <ann@example.com>", "Ann Example <ann@example.com>"),
        ('"Example, Inc." <ann@example.com>', '"Example, Inc." <ann@example.com>'),
        ('"ann b"@example.com', '"ann b"@example.com'),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_read(text: str, address: str) -> None:
    assert str(mailbox(text)) == address


def test_a_mail_that_is_printed_tells_nothing() -> None:
    assert repr(compose(letter(), None, OURS)) == "Mail(***)"
