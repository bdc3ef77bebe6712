"""The demo."""

from __future__ import annotations

import pytest

from userpool.demo import EMAIL, PASSWORD, run_demo


def test_the_demo_tells_the_whole_story(capsys: pytest.CaptureFixture[str]) -> None:
    status = run_demo(plain=True)

    told = capsys.readouterr().out
    assert status == 0
    chapters = [line for line in told.splitlines() if line and not line.startswith(" ")]
    assert chapters == [
        "A pool in this process",
        "alice signs up",
        "alice signs in with SRP: the password stays here",
        "alice sets an authenticator app up",
        "alice signs in with SRP and the authenticator",
        "alice is signed in",
        "alice signs out",
        "That was the SDK and the pool. Read on in the docs: make docs.",
    ]
    assert "NotAuthorizedException: Incorrect username or password." in told
    assert "CodeMismatchException: Invalid code or auth state for the user." in told
    assert EMAIL in told
    assert "the refresh token is revoked: True" in told


def test_the_demo_does_not_show_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    run_demo(plain=True)

    assert PASSWORD not in capsys.readouterr().out
