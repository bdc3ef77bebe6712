"""What messages say."""

from __future__ import annotations

import pytest

from userpool.server.messages.templates import invitation_text, verification_text
from userpool.wire.user_pools import (
    AdminCreateUserConfigType,
    MessageTemplateType,
    UserPoolType,
    VerificationMessageTemplateType,
)


@pytest.mark.parametrize("medium", ["EMAIL", "SMS"])
def test_by_default_a_code_is_told_in_one_sentence(medium: str) -> None:
    text = verification_text(UserPoolType(), medium, "481516")

    assert text.body == "Your confirmation code is 481516"


def test_a_pools_own_template_is_used_for_each_medium() -> None:
    template = VerificationMessageTemplateType(
        sms_message="SMS {####}", email_message="Mail {####}", email_subject="Hello"
    )
    pool = UserPoolType(verification_message_template=template)

    assert verification_text(pool, "SMS", "481516").body == "SMS 481516"
    assert verification_text(pool, "EMAIL", "481516") == ("Hello", "Mail 481516")


def test_the_older_members_of_a_pool_still_count() -> None:
    pool = UserPoolType(email_verification_message="Old {####}", email_verification_subject="Old subject")

    assert verification_text(pool, "EMAIL", "481516") == ("Old subject", "Old 481516")


def test_an_invitation_tells_name_and_password() -> None:
    template = MessageTemplateType(email_message="{username} has {####}", email_subject="Welcome")
    pool = UserPoolType(admin_create_user_config=AdminCreateUserConfigType(invite_message_template=template))

    assert invitation_text(pool, "EMAIL", username="ann", password="Pa55") == ("Welcome", "ann has Pa55")


def test_a_password_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    template = MessageTemplateType(email_message="{username}: {####}")
    pool = UserPoolType(admin_create_user_config=AdminCreateUserConfigType(invite_message_template=template))

    assert (
        invitation_text(pool, "EMAIL", username="{####}", password="{username}").body == "{####}: {username}"
    )
