"""AWS credentials: as a value, and those of the machine, from its environment, a profile or its role.

They are found by botocore if it is installed, in the places and the order that every AWS program knows.

Sources: guide:cli-chap-configure (the order in which credentials are looked for).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from userpool.crypto.sigv4 import Credentials
from userpool.errors import SettingsError

__all__ = ["AwsCredentials", "machine_credentials"]

AwsCredentials = Credentials
"""An AWS access key, as a caller hands it in."""


def machine_credentials() -> Credentials:
    """Return the credentials of the moment; botocore renews those that expire.

    Raises:
        SettingsError: botocore is not installed, or found none that can be used: a profile that is not there, half a
            key, a login that has ended.
    """
    session = _session()
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # noqa: PLC0415 - it is there

    try:
        found = session.get_credentials()
        frozen = None if found is None else found.get_frozen_credentials()
    except BotoCoreError as error:
        raise SettingsError(f"This machine's AWS credentials cannot be used: {error}") from error
    if frozen is None:
        raise SettingsError("This machine has no AWS credentials; give credentials= to the pool.")
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


@lru_cache(maxsize=1)
def _session() -> Any:
    # A session remembers what it has found, and looks again only when that expires.
    try:
        # It comes without types, and is no dependency of ours.
        from botocore.session import get_session  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            "Signing a request needs AWS credentials: give credentials= to the pool, or install botocore."
        ) from error
    return get_session()
