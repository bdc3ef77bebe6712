"""What may be said about where messages go, and about codes for development."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.errors import SettingsError
from userpool.server.settings import Settings

MAIL = {"smtp_from": "no-reply@example.com"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "https://mail.example.com",
        "smtp://",
        "smtp://:25",
        "smtps://canary@host:port",
        "smtps://canary@h:99999",
        "smtps://[canary",
    ],
)
def test_a_mail_server_is_told_by_an_url(url: str) -> None:
    with pytest.raises(SettingsError, match="smtp_url has to be an URL that begins with smtps://") as caught:
        Settings(smtp_url=url, **MAIL)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["smtps://robot:secret@mail.example.com", "smtp://127.0.0.1:1025"])
def test_a_mail_server_needs_a_sender(url: str) -> None:
    assert Settings(smtp_url=url, **MAIL).smtp_url == url

    with pytest.raises(SettingsError, match="smtp_url needs smtp_from"):
        Settings(smtp_url=url)


@pytest.mark.parametrize("url", ["sms.example.com", "ftp://sms.example.com", "https://"])
def test_a_webhook_is_told_by_an_url(url: str) -> None:
    with pytest.raises(SettingsError, match="sms_url has to be an URL that begins with https://"):
        Settings(sms_url=url)


def test_codes_go_through_the_network_in_the_clear_only_when_that_is_allowed() -> None:
    with pytest.raises(SettingsError, match="--allow-plain-messages"):
        Settings(sms_url="http://sms.example.com/")

    assert Settings(sms_url="http://sms.example.com/", allow_plain_messages=True)
    assert Settings(sms_url="http://localhost:8080/")


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345x", "\N{DEVANAGARI DIGIT ONE}" * 6, "123456\n"]
)
def test_a_fixed_code_has_six_digits(code: str) -> None:
    with pytest.raises(SettingsError, match="six digits"):
        Settings(dev=True, fixed_code=code)


def test_a_fixed_code_is_for_development_alone() -> None:
    assert Settings(dev=True, fixed_code="123456").fixed_code == "123456"

    with pytest.raises(SettingsError, match="it needs --dev"):
        Settings(fixed_code="123456")


@pytest.mark.parametrize(
    "members",
    [
        {"smtp_url": "smtps://robot:canary@mail.example.com", **MAIL},
        {"sms_url": "https://sms.example.com/canary"},
        {"dev": True, "fixed_code": "481516"},
    ],
)
def test_secrets_of_senders_are_not_shown(members: dict[str, Any]) -> None:
    shown = repr(Settings(**members))

    assert "canary" not in shown
    assert "481516" not in shown
