"""What messages say: the pool's own templates, or the service's defaults.

Sources: guide:cognito-user-pool-settings-message-customizations; api:VerificationMessageTemplateType.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.wire.user_pools import UserPoolType

CODE = "{####}"
USERNAME = "{username}"
_CONFIRMATION = f"Your confirmation code is {CODE}"
_PLACEHOLDER = re.compile(f"{re.escape(CODE)}|{re.escape(USERNAME)}")
_MARKUP = re.compile(r"<!|</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>|&(?:[a-z]+|#[0-9]+|#x[0-9a-f]+);", re.IGNORECASE)


class Text(NamedTuple):
    """A message as it is sent."""

    subject: str
    body: str
    is_html: bool = False


def filled_text(
    subject: str, template: str, values: Mapping[str, str], *, medium: Literal["EMAIL", "SMS"]
) -> Text:
    """Return a template with its placeholders filled in, in one pass: no value is looked through for another's.

    Args:
        subject: what an e-mail is about.
        template: the body; an e-mail's is HTML where it has a tag or an entity, and its values are escaped then.
        values: what stands for the placeholders.
        medium: how it goes.
    """
    # The service sends e-mails as HTML always. A template without any markup reads the same as plain text, save that
    # its line breaks count.
    # Assumed: an e-mail is sent as HTML if its template has markup, and as plain text otherwise.
    is_html = medium == "EMAIL" and _MARKUP.search(template) is not None
    told = {name: html.escape(value) if is_html else value for name, value in values.items()}
    return Text(subject, _PLACEHOLDER.sub(lambda found: told.get(found[0], found[0]), template), is_html)


def verification_text(pool: UserPoolType, medium: Literal["EMAIL", "SMS"], code: str) -> Text:
    """Return the message that carries a confirmation, verification or reset code."""
    template = pool.verification_message_template
    if medium == "SMS":
        body = (template.sms_message if template else None) or pool.sms_verification_message
        return filled_text("", body or _CONFIRMATION, {CODE: code}, medium=medium)
    subject = (template.email_subject if template else None) or pool.email_verification_subject
    body = (template.email_message if template else None) or pool.email_verification_message
    return filled_text(
        subject or "Your verification code", body or _CONFIRMATION, {CODE: code}, medium=medium
    )


def invitation_text(
    pool: UserPoolType, medium: Literal["EMAIL", "SMS"], *, username: str, password: str
) -> Text | None:
    """Return the message that carries a temporary password, or None for a template that doesn't."""
    config = pool.admin_create_user_config
    template = config.invite_message_template if config else None
    default = f"Your username is {USERNAME} and temporary password is {CODE}"
    if medium == "SMS":
        body, subject = (template.sms_message if template else None) or default, ""
    else:
        body = (template.email_message if template else None) or default
        subject = (template.email_subject if template else None) or "Your temporary password"
    if CODE not in body:
        # Sources: api:MessageTemplateType. An invitation without the password isn't delivered: no error.
        return None
    return filled_text(subject, body, {USERNAME: username, CODE: password}, medium=medium)
