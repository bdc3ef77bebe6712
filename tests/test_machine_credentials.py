"""AWS credentials: those that botocore finds on the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from userpool import AwsCredentials, SettingsError
from userpool.machine_credentials import _session, machine_credentials


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide what the machine really has, and let botocore look again."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _session.cache_clear()
    yield
    _session.cache_clear()


def test_the_environment_s_credentials_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the token")

    assert machine_credentials() == AwsCredentials("AKIDEXAMPLE", "the key", "the token")


def test_a_machine_without_credentials_says_so() -> None:
    with pytest.raises(SettingsError, match="credentials="):
        machine_credentials()


@pytest.mark.parametrize(
    ("found", "said"),
    [({"AWS_PROFILE": "nobody"}, "nobody"), ({"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}, "AWS_SECRET_ACCESS_KEY")],
)
def test_what_cannot_be_used_is_told_like_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, str], said: str
) -> None:
    for name, value in found.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=f"cannot be used.*{said}"):
        machine_credentials()


def test_a_machine_without_botocore_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with pytest.raises(SettingsError, match="install botocore"):
        machine_credentials()
