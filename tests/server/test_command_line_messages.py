"""The command line: where messages go, and what is said about it when a server starts."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.errors import SettingsError
from userpool.server.command_line import (
    DEV_NOTICE,
    FIXED_CODE_NOTICE,
    NO_MAIL_NOTICE,
    NO_SENDER_NOTICE,
    NO_SMS_NOTICE,
    notices,
    parser,
    served_settings,
)
from userpool.server.settings import Settings

VARIABLES = ("USERPOOL_SMTP_URL", "USERPOOL_SMTP_FROM", "USERPOOL_SMS_URL")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def served(*arguments: str, written: dict[str, Any] | None = None) -> Settings:
    """Return the settings that a command would serve with."""
    file = written or {}
    return served_settings(parser(file).parse_args(["serve", *arguments]), file)


def test_options_say_where_messages_go() -> None:
    mail = ["--smtp-url", "smtp://mail.example.com", "--smtp-from", "a@example.com"]
    settings = served(*mail, "--sms-url", "http://sms.example.com", "--allow-plain-messages")

    assert settings.smtp_url == "smtp://mail.example.com"
    assert settings.smtp_from == "a@example.com"
    assert settings.sms_url == "http://sms.example.com"
    assert settings.allow_plain_messages


def test_the_environment_says_it_too_and_counts_more_than_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {
        "smtp_url": "smtps://file.example.com",
        "smtp_from": "file@example.com",
        "sms_url": "https://file.example",
    }
    monkeypatch.setenv("USERPOOL_SMTP_URL", "smtps://environment.example.com")
    monkeypatch.setenv("USERPOOL_SMS_URL", "")

    settings = served(written=written)

    assert settings.smtp_url == "smtps://environment.example.com"
    assert settings.smtp_from == "file@example.com"
    assert settings.sms_url == "https://file.example"


def test_a_fixed_code_is_said_in_development() -> None:
    assert served("--dev", "--fixed-code", "123456").fixed_code == "123456"
    with pytest.raises(SettingsError, match="needs --dev"):
        served("--fixed-code", "123456")


def test_help_shows_no_password_of_a_mail_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("USERPOOL_SMTP_URL", "smtps://robot:canary@mail.example.com")
    monkeypatch.setenv("USERPOOL_SMS_URL", "https://sms.example.com/canary")

    with pytest.raises(SystemExit):
        parser().parse_args(["serve", "--help"])

    told = capsys.readouterr().out
    assert "--smtp-url" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [NO_SENDER_NOTICE]),
        (["--smtp-url", "smtp://127.0.0.1:1", "--smtp-from", "a@b.c"], [NO_SMS_NOTICE]),
        (["--sms-url", "http://127.0.0.1:1"], [NO_MAIL_NOTICE]),
        (["--dev"], [DEV_NOTICE]),
        (["--dev", "--fixed-code", "123456"], [DEV_NOTICE, FIXED_CODE_NOTICE]),
    ],
)
def test_a_server_says_at_its_start_which_messages_wait(arguments: list[str], expected: list[str]) -> None:
    assert notices(served(*arguments)) == expected
