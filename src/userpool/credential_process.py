"""`userpool credentials`: AWS credentials of somebody who is signed in, as `credential_process` wants them printed.

    [profile alice]
    credential_process = userpool credentials --identity-pool us-east-1:0f3c... --user-pool us-east-1_aB12cDe34
        --client-id 7ghr5379orhbo88d52vphda6s9 --storage /etc/alice/tokens.json

(On one line.) The person signed in before, with the same file as their storage. Standard output gets the JSON document
and nothing else, standard error one line when something fails, and the exit status tells what:

    0  printed     1  the service refused, or was not reached     2  a wrong argument     3  nobody is signed in

Rules of this room: credentials go to standard output and nowhere else. Everybody on a machine can read the arguments of
its programs, so a client secret comes from the environment (USERPOOL_CLIENT_SECRET), and the keys of a sealed storage
from a file.

Sources: guide:cli-configure-sourcing-external (the document).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from userpool.errors import NotSignedInError, SettingsError, StorageError, UserPoolError
from userpool.identity_credentials import IdentityCredentials
from userpool.identity_pool import IdentityPool
from userpool.pool import UserPool
from userpool.storage.file import FileStorage
from userpool.user import User

__all__ = ["document", "main", "parser"]

_KEY_BYTES: Final = 32


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    command = argparse.ArgumentParser(
        prog="userpool credentials",
        description="Print AWS credentials of somebody who is signed in, for credential_process in ~/.aws/config.",
        epilog="Exit status: 0 printed, 1 refused or not reached, 2 a wrong argument, 3 nobody is signed in.",
    )
    add = command.add_argument
    add("--identity-pool", required=True, metavar="ID", help="the identity pool that gives the credentials")
    add("--user-pool", metavar="ID", help="the user pool where the person signed in; without it, a guest's")
    add(
        "--client-id",
        metavar="ID",
        help="the app client through which they did ($USERPOOL_CLIENT_SECRET: its secret)",
    )
    add("--storage", metavar="FILE", help="where their tokens are kept")
    add("--storage-key", metavar="FILE", help="where the keys are that seal it, if it is sealed")
    add("--username", metavar="NAME", help="who, if several are signed in; by default whoever signed in last")
    add("--role-arn", metavar="ARN", help="one of the roles they may have, instead of the pool's choice")
    add("--endpoint", metavar="URL", help="the address of the services, if not AWS's own")
    return command


def main(arguments: Sequence[str]) -> int:
    """Print the credentials; return the exit status."""
    given = parser().parse_args(arguments)
    try:
        credentials = _credentials(given)
    except NotSignedInError as error:
        return _failed(error, status=3)
    except (SettingsError, StorageError) as error:
        return _failed(error, status=2)
    except UserPoolError as error:
        return _failed(error, status=1)
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"{document(credentials)}\n")
    return 0


def document(credentials: IdentityCredentials) -> str:
    """Return what AWS's programs read from a credential process (version 1)."""
    told = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return msgspec.json.encode(told).decode()


def _credentials(given: argparse.Namespace) -> IdentityCredentials:
    storage = _storage(given)
    with IdentityPool(given.identity_pool, endpoint=given.endpoint, storage=storage) as identity_pool:
        if given.user_pool is None:
            if given.client_id or given.username:
                raise SettingsError("--client-id and --username need --user-pool.")
            return identity_pool.credentials(custom_role_arn=given.role_arn)
        if not given.client_id or storage is None:
            raise SettingsError("--user-pool needs --client-id and --storage.")
        secret = os.environ.get("USERPOOL_CLIENT_SECRET") or None
        with UserPool(
            given.user_pool, given.client_id, client_secret=secret, endpoint=given.endpoint, storage=storage
        ) as pool:
            return identity_pool.credentials(_user(pool, given), custom_role_arn=given.role_arn)


def _storage(given: argparse.Namespace) -> FileStorage | None:
    # An empty path would be the folder that the command happens to run in.
    if given.storage:
        return FileStorage(given.storage, sealing_keys=_keys(given.storage_key) if given.storage_key else ())
    if given.storage_key:
        raise SettingsError("--storage-key needs --storage.")
    return None


def _keys(path: str) -> list[bytes]:
    """Return the keys in a file: 64 hex digits in each line, as `sealing_keys=` has them."""
    try:
        with Path(path).open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise SettingsError(f"Others may read the key file {path}: chmod 600 it.")
            keys = [bytes.fromhex(line.decode("ascii")) for line in file.read().split()]
    except OSError as error:
        raise SettingsError(f"The key file {path} cannot be read: {error.strerror}.") from error
    except ValueError:
        # What it says may be quoted in the cause.
        keys = []
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise SettingsError(
            f"The key file {path} has to hold a key of {_KEY_BYTES * 2} hex digits in each line."
        )
    return keys


def _user(pool: UserPool, given: argparse.Namespace) -> User:
    user = pool.current_user(given.username)
    if user is None:
        who = given.username or "Nobody"
        signed_in = "is not signed in" if given.username else "is signed in"
        raise NotSignedInError(f"{who} {signed_in}: no tokens in {given.storage}.")
    return user


def _failed(error: UserPoolError, *, status: int) -> int:
    sys.stderr.write(f"userpool credentials: {error}\n")
    return status
