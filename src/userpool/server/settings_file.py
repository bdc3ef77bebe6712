"""The settings of a server from a TOML file: one key for each field of `Settings`, called as the field is.

Sources: toml 1.0.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from userpool.errors import SettingsError
from userpool.server.settings import Settings


def read_settings(path: str) -> dict[str, Any]:
    """Return what a file says, by the names of the fields of `Settings`.

    Raises:
        SettingsError: the file can't be read, isn't TOML, or has a key or a value that isn't a setting.
    """
    try:
        written = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        # Not the text of the error: it may quote a line with a secret in it.
        raise SettingsError(f"The settings file {path} isn't TOML.") from error
    types = get_type_hints(Settings)
    unknown = sorted(set(written) - set(types))
    if unknown:
        raise SettingsError(f"The settings file {path} has {unknown[0]!r}, which isn't a setting.")
    settings: dict[str, Any] = {}
    for name, value in written.items():
        try:
            settings[name] = msgspec.convert(value, types[name])
        except msgspec.ValidationError as error:
            raise SettingsError(f"{name} in {path}: {error}.") from error
    return settings
