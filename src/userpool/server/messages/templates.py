"""What messages say: the pool's own templates, or the service's defaults.

Sources: guide:cognito-user-pool-settings-message-customizations; api:VerificationMessageTemplateType.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from userpool.wire.user_pools import UserPoolType

CODE = "{####}"
USERNAME = "{username}"
_PLACEHOLDER = re.compile(f"{re.escape(CODE)}|{re.escape(USERNAME)}")


class Text(NamedTuple):
    """A message as it is sent."""

    subject: str
    body: str


def verification_text(pool: UserPoolType, medium: str, code: str) -> Text:
    """Return the message that carries a confirmation, verification or reset code."""
    template = pool.verification_message_template
    if medium == "SMS":
        body = (template.sms_message if template else None) or pool.sms_verification_message
        return Text("", (body or f"Your confirmation code is {CODE}").replace(CODE, code))
    subject = (template.email_subject if template else None) or pool.email_verification_subject
    body = (template.email_message if template else None) or pool.email_verification_message
    return Text(
        subject or "Your verification code", (body or f"Your confirmation code is {CODE}").replace(CODE, code)
    )


def invitation_text(pool: UserPoolType, medium: str, *, username: str, password: str) -> Text | None:
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
    # In one pass: neither a username nor a password is looked through for the other's placeholder.
    values = {USERNAME: username, CODE: password}
    return Text(subject, _PLACEHOLDER.sub(lambda found: values[found[0]], body))
