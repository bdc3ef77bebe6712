"""What messages say."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.server.messages.templates import (
    CODE,
    USERNAME,
    Text,
    filled_text,
    invitation_text,
    verification_text,
)
from userpool.wire.user_pools import (
    AdminCreateUserConfigType,
    MessageTemplateType,
    UserPoolType,
    VerificationMessageTemplateType,
)


@pytest.mark.parametrize("medium", ["EMAIL", "SMS"])
def test_by_default_a_code_is_told_in_one_sentence(medium: Any) -> None:
    text = verification_text(UserPoolType(), medium, "481516")

    assert text.body == "Your confirmation code is 481516"


def test_a_pools_own_template_is_used_for_each_medium() -> None:
    template = VerificationMessageTemplateType(
        sms_message="SMS {####}", email_message="Mail {####}", email_subject="Hello"
    )
    pool = UserPoolType(verification_message_template=template)

    assert verification_text(pool, "SMS", "481516").body == "SMS 481516"
    assert verification_text(pool, "EMAIL", "481516") == Text("Hello", "Mail 481516")


def test_the_older_members_of_a_pool_still_count() -> None:
    pool = UserPoolType(email_verification_message="Old {####}", email_verification_subject="Old subject")

    assert verification_text(pool, "EMAIL", "481516") == Text("Old subject", "Old 481516")


def test_an_invitation_tells_name_and_password() -> None:
    template = MessageTemplateType(email_message="{username} has {####}", email_subject="Welcome")
    pool = UserPoolType(admin_create_user_config=AdminCreateUserConfigType(invite_message_template=template))

    text = invitation_text(pool, "EMAIL", username="ann", password="Pa55")

    assert text == Text("Welcome", "ann has Pa55")


def test_a_password_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    template = MessageTemplateType(email_message="{username}: {####}")
    pool = UserPoolType(admin_create_user_config=AdminCreateUserConfigType(invite_message_template=template))

    assert (
        invitation_text(pool, "EMAIL", username="{####}", password="{username}").body == "{####}: {username}"
    )


@pytest.mark.parametrize(
    "template",
    ["<b>{####}</b>", "Hello,<br>{####}", "<BR/>{####}", '<a href="#">{####}</a>', "Tom &amp; Co: {####}"],
)
def test_a_template_with_markup_makes_an_email_html(template: str) -> None:
    assert filled_text("", template, {CODE: "481516"}, medium="EMAIL").is_html
    assert not filled_text("", template, {CODE: "481516"}, medium="SMS").is_html


@pytest.mark.parametrize(
    "template", ["{####}", "1 < 2 > 0: {####}", "See <https://example.com>: {####}", "A & B"]
)
def test_a_template_without_markup_makes_an_email_plain(template: str) -> None:
    assert not filled_text("", template, {CODE: "481516"}, medium="EMAIL").is_html


def test_a_name_cannot_bring_markup_along() -> None:
    values = {USERNAME: "<script>", CODE: "a&b"}

    plain = filled_text("", "{username}: {####}", values, medium="EMAIL")
    marked = filled_text("", "<b>{username}</b>: {####}", values, medium="EMAIL")

    assert plain == Text("", "<script>: a&b")
    assert marked == Text("", "<b>&lt;script&gt;</b>: a&amp;b", is_html=True)
