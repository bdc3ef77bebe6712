"""Settings from a TOML file."""

from __future__ import annotations

from pathlib import Path

import pytest

from userpool.errors import SettingsError
from userpool.server.settings_file import read_settings


def written(folder: Path, text: str) -> str:
    path = folder / "userpool.toml"
    path.write_text(text)
    return str(path)


def test_keys_are_called_as_the_settings_are(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        port = 8080
        dev = true
        [triggers]
        PreSignUp = "http://localhost:9000/check"
        [role_actions]
        "arn:aws:iam::000000000000:role/r" = ["cognito-idp:ListUsers"]
        """,
    )

    assert read_settings(path) == {
        "port": 8080,
        "dev": True,
        "triggers": {"PreSignUp": "http://localhost:9000/check"},
        "role_actions": {"arn:aws:iam::000000000000:role/r": frozenset({"cognito-idp:ListUsers"})},
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "'prot', which isn't a setting"),
        ('port = "secret"', "port"),
        ("port = ", "isn't TOML"),
        ("[triggers]\nPreSignUp = 1", "triggers"),
    ],
)
def test_what_is_no_setting_is_refused_without_its_value(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as raised:
        read_settings(written(tmp_path, text))

    assert "secret" not in str(raised.value)


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        read_settings(str(tmp_path / "none.toml"))
