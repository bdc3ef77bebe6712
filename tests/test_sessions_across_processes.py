"""Several processes, one file of tokens: a session is renewed once, whoever asks and whoever dies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from userpool import FileStorage
from userpool.testing import LocalPool
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest, RefreshTokenRotationType

PASSWORD = "Correct-Horse-7-Staple"

# Each process finds the person in the file, says so, waits for a line, and then uses the account. It prints what it
# was told about renewals and how it ended.
BLOCKING = """
import json, os, sys
from threading import Thread
from userpool import FileStorage, UserPool
from userpool.transport.http import HttpTransport

told, outcomes = [], []

def listen(event):
    told.append(type(event).__name__ + (" elsewhere" if getattr(event, "elsewhere", False) else ""))

class Dying(HttpTransport):
    def send(self, request, *, timeout):
        if request.headers["X-Amz-Target"].endswith("GetTokensFromRefreshToken"):
            os.kill(os.getpid(), 9)
        return super().send(request, timeout=timeout)

given = json.loads(sys.argv[1])
pool = UserPool(given["pool"], given["client"], endpoint=given["endpoint"], storage=FileStorage(given["file"]),
                transport=Dying() if given["dies"] else None, on_event=listen)
user = pool.current_user()
print("ready", flush=True)
sys.stdin.readline()

def use():
    try:
        outcomes.append(user.attributes()["email"])
    except Exception as error:
        outcomes.append(type(error).__name__)

threads = [Thread(target=use) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
pool.close()
print(json.dumps({"told": told, "outcomes": outcomes, "refresh_token": user.tokens.refresh_token}))
"""
ASYNC = """
import asyncio, json, sys
from userpool import AsyncUserPool, FileStorage

given = json.loads(sys.argv[1])
told = []

def listen(event):
    told.append(type(event).__name__ + (" elsewhere" if getattr(event, "elsewhere", False) else ""))

async def main():
    pool = AsyncUserPool(given["pool"], given["client"], endpoint=given["endpoint"],
                         storage=FileStorage(given["file"]), on_event=listen)
    user = pool.current_user()
    print("ready", flush=True)
    sys.stdin.readline()
    found = await asyncio.gather(*(user.attributes() for _ in range(2)), return_exceptions=True)
    await pool.close()
    outcomes = [each["email"] if isinstance(each, dict) else type(each).__name__ for each in found]
    print(json.dumps({"told": told, "outcomes": outcomes, "refresh_token": user.tokens.refresh_token}))

asyncio.run(main())
"""


@pytest.fixture
def local() -> Iterator[LocalPool]:
    """A pool whose refresh tokens are good once, without any grace."""
    rotation = RefreshTokenRotationType(feature="ENABLED", retry_grace_period_seconds=0)
    client = CreateUserPoolClientRequest(
        user_pool_id="",
        client_name="rotating",
        explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"],
        refresh_token_rotation=rotation,
    )
    with LocalPool(app_client=client) as opened:
        yield opened


@pytest.fixture
def file(local: LocalPool, tmp_path: Path) -> Path:
    """Where somebody's tokens are, which have expired."""
    path = tmp_path / "tokens.json"
    pool = local.client(storage=FileStorage(path))
    pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"})
    pool.confirm_sign_up("alice", local.inbox.latest("alice").code)
    pool.sign_in("alice", PASSWORD, flow="USER_PASSWORD_AUTH")
    local.advance(seconds=3601)
    return path


@pytest.fixture
def begin(local: LocalPool, file: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that starts a process and returns it when it is ready."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *, dies: bool = False) -> subprocess.Popen[str]:
        given = {
            "pool": local.user_pool_id,
            "client": local.client_id,
            "endpoint": local.endpoint,
            "file": str(file),
            "dies": dies,
        }
        process = subprocess.Popen(
            [sys.executable, "-c", program, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def go_on(processes: list[Any]) -> list[dict[str, Any]]:
    """Let all of them go on at once, and return what they printed."""
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=60)[0]) for process in processes]


@pytest.mark.parametrize("programs", [[BLOCKING] * 3, [ASYNC] * 3, [BLOCKING, ASYNC]])
def test_processes_that_find_tokens_expired_renew_them_once(
    begin: Callable[..., Any], file: Path, programs: list[str]
) -> None:
    before = refresh_token_in(file)
    seen = go_on([begin(program) for program in programs])

    assert [each["outcomes"] for each in seen] == [["alice@example.com"] * 2] * len(programs)
    others = [["TokensRefreshed elsewhere"]] * (len(programs) - 1)
    assert sorted(each["told"] for each in seen) == [["TokensRefreshed"], *others]
    assert {each["refresh_token"] for each in seen} == {refresh_token_in(file)} != {before}


def test_a_process_that_dies_in_the_middle_of_a_renewal_is_in_nobody_s_way(begin: Callable[..., Any]) -> None:
    dying, other = begin(BLOCKING, dies=True), begin(BLOCKING)
    dying.communicate("go\n")
    assert dying.returncode == -9

    [seen] = go_on([other])

    assert seen["outcomes"] == ["alice@example.com"] * 2
    assert seen["told"] == ["TokensRefreshed"]


def refresh_token_in(file: Path) -> str:
    return next(value for key, value in FileStorage(file).items() if key.endswith(".refreshToken"))
