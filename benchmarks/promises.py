"""What a server gives up for its speed: four questions asked over HTTP before the operations are compared.

Does it refuse a wrong password, an access token whose signature was changed, an admin operation nobody
signed? Is a user whose creation was answered still there after the process was killed and started again? A
server that answers no may be quicker for it, and the table says so.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from connection import Connection
from operations import PASSWORD, Setting, build_request, prepare
from servers import Kind, Server, start, stop


def ask(kind: Kind) -> dict[str, bool]:
    """Start a server of this kind of its own and answer each question with whether the promise is kept."""
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{kind.name}-"))
    server = start(kind, folder=folder)
    try:
        setting = prepare(server, users=8)
        kept = {
            "refuses a wrong password": _refuses_a_wrong_password(setting),
            "refuses a changed token": _refuses_a_changed_token(setting),
            "refuses an unsigned admin call": _refuses_an_unsigned_admin_call(setting),
        }
        stop(server, at_once=True)
        server = start(kind, folder=folder, port=server.port)
        kept["keeps a user through a kill"] = _still_knows(server, setting)
        return kept
    finally:
        stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def lost_by_a_kill(kind: Kind, *, users: int = 200) -> int:
    """How many users whose creation was answered are gone after SIGKILL and a start on the same folder."""
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{kind.name}-"))
    server = start(kind, folder=folder)
    try:
        setting = prepare(server, users=users)
        stop(server, at_once=True)
        server = start(kind, folder=folder, port=server.port)
        again = Setting(server, Connection(server.port), pool_id=setting.pool_id)
        names = [f"person-{number:06d}" for number in range(1, users + 1)]
        return sum(_status(again, "AdminGetUser", _naming(again, name), signed=True) != 200 for name in names)
    finally:
        stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def _naming(setting: Setting, name: str) -> dict[str, object]:
    return {"UserPoolId": setting.pool_id, "Username": name}


def _refuses_a_wrong_password(setting: Setting) -> bool:
    document = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": setting.client_id,
        "AuthParameters": {"USERNAME": "person-000001", "PASSWORD": PASSWORD + "x"},
    }
    return _status(setting, "InitiateAuth", document, signed=False) == 400


def _refuses_a_changed_token(setting: Setting) -> bool:
    head, payload, signature = setting.access_tokens[0].split(".")
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    changed = f"{head}.{payload}.{signature[:middle]}{other}{signature[middle + 1 :]}"
    return _status(setting, "GetUser", {"AccessToken": changed}, signed=False) == 400


def _refuses_an_unsigned_admin_call(setting: Setting) -> bool:
    return _status(setting, "AdminGetUser", _naming(setting, "person-000001"), signed=False) != 200


def _still_knows(server: Server, setting: Setting) -> bool:
    again = Setting(server, Connection(server.port), pool_id=setting.pool_id)
    return _status(again, "AdminGetUser", _naming(again, "person-000008"), signed=True) == 200


def _status(setting: Setting, operation: str, document: Mapping[str, object], *, signed: bool) -> int:
    return setting.connection.exchange(
        build_request(setting.server, operation, document, signed=signed)
    ).status
