"""E-mails as they are sent: headers and one body, from a message of the outbox.

Everything that comes from outside (a subject, a name, an address) passes through here, so that none of it can begin a
header of its own.

Sources: rfc5322 §3.6 (Date, From, Reply-To, Message-ID), rfc3834 §5 (Auto-Submitted); api:EmailConfigurationType.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, NamedTuple, cast

from userpool.server.messages.sender import MessageRefusedError

if TYPE_CHECKING:
    from email.headerregistry import AddressHeader

    from userpool.server.records import Message
    from userpool.wire.user_pools import EmailConfigurationType

# Line ends, also the ones that only Unicode calls so, and whatever else no header holds.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Mail(NamedTuple):
    """An e-mail, and between whom it travels."""

    sender: str
    recipient: str
    content: EmailMessage

    def __repr__(self) -> str:
        return "Mail(***)"


def mailbox(text: str) -> Address:
    """Read `ann@example.com` or `Ann Example <ann@example.com>`; the domain is told in ASCII.

    Raises:
        ValueError: it isn't one address, or one with letters outside ASCII before the @.
    """
    if _CONTROLS.search(text):
        raise ValueError("An address has no control characters.")
    try:
        header = cast("AddressHeader", SMTP.header_factory("to", text))
        (found,) = header.addresses
        (group,) = header.groups
        if (
            group.display_name is not None
            or not found.username
            or not found.domain
            or not found.username.isascii()
        ):
            raise ValueError("An address is name@domain.")
        domain = found.domain.encode("idna").decode("ascii")
        return Address(found.display_name, addr_spec=f"{_local_part(found)}@{domain}")
    except (HeaderParseError, IndexError, UnicodeError) as error:
        raise ValueError("An address is name@domain.") from error


def compose(message: Message, email: EmailConfigurationType | None, default_from: Address) -> Mail:
    """Return the e-mail that carries a message.

    Args:
        message: what to send.
        email: the pool's own sender and where it wants answers, if it has them.
        default_from: the sender for a pool without one, or with one that is no address.

    Raises:
        MessageRefusedError: it is for something that isn't an address.
    """
    # Assumed: an address with letters outside ASCII before the @ gets no e-mail, as from the service's SES.
    recipient = _mailbox_or_none(message.destination)
    if recipient is None or recipient.display_name:
        raise MessageRefusedError("it is for something that isn't an e-mail address")
    sender = _mailbox_or_none(email.from_ if email else None) or default_from
    reply_to = _mailbox_or_none(email.reply_to_email_address if email else None)
    content = EmailMessage(policy=SMTP)
    content["From"] = sender
    content["To"] = recipient
    if reply_to is not None:
        content["Reply-To"] = reply_to
    content["Subject"] = _CONTROLS.sub(" ", message.subject).strip()
    content["Date"] = format_datetime(datetime.fromtimestamp(message.created_ms / 1000, UTC))
    # The same at every try, so that a message which is delivered twice can be told from two.
    content["Message-ID"] = f"<{message.message_id}@{sender.domain}>"
    content["Auto-Submitted"] = "auto-generated"
    subtype = "html" if message.is_html else "plain"
    content.set_content(message.text, subtype=subtype, charset="utf-8", cte="quoted-printable")
    return Mail(sender.addr_spec, recipient.addr_spec, content)


def _local_part(address: Address) -> str:
    # Quoted where it has to be, as in "ann b"@example.com.
    return address.addr_spec.rpartition("@")[0]


def _mailbox_or_none(text: str | None) -> Address | None:
    try:
        return mailbox(text) if text else None
    except ValueError:
        return None
