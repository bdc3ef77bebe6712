"""`userpool credentials`: what it prints, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from userpool import FileStorage, SignedIn
from userpool.credential_process import document, main
from userpool.identity_credentials import IdentityCredentials
from userpool.testing import LocalPool

PASSWORD = "Correct-Horse-7-Staple"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPool]:
    with LocalPool() as opened:
        pool = opened.client()
        pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"})
        pool.confirm_sign_up("alice", opened.inbox.latest("alice").code)
        yield opened


@pytest.fixture(scope="module")
def identity_pool_id(local: LocalPool) -> str:
    return local.identity_pool().identity_pool_id


@pytest.fixture
def tokens(local: LocalPool, tmp_path: Path) -> Path:
    """The file in which Alice is signed in."""
    path = tmp_path / "tokens.json"
    step = local.client(storage=FileStorage(path)).sign_in("alice", PASSWORD)
    assert isinstance(step, SignedIn)
    return path


@pytest.fixture
def run(local: LocalPool, identity_pool_id: str, tmp_path: Path) -> Run:
    """Give a function that runs the command against the local pool."""

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        common = ("--identity-pool", identity_pool_id, "--endpoint", local.endpoint)
        return subprocess.run(
            [sys.executable, "-m", "userpool", "credentials", *common, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ, "USERPOOL_CLIENT_SECRET": local.client_secret or ""},
        )

    return command


def as_alice(local: LocalPool, tokens: Path) -> tuple[str, ...]:
    return (
        *("--user-pool", local.user_pool_id, "--client-id", local.client_id),
        *("--storage", str(tokens)),
    )


def test_it_prints_the_credentials_of_whoever_is_signed_in(local: LocalPool, run: Run, tokens: Path) -> None:
    done = run(*as_alice(local, tokens))

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert told["Version"] == 1
    assert datetime.fromisoformat(told["Expiration"]) > datetime.now(UTC)


def test_somebody_is_the_same_identity_the_next_time(local: LocalPool, run: Run, tokens: Path) -> None:
    run(*as_alice(local, tokens))
    first = json.loads(tokens.read_text())

    run(*as_alice(local, tokens), "--username", "alice")

    assert json.loads(tokens.read_text()) == first
    assert [key for key in first if key.startswith("com.amplify.Cognito.")]


def test_no_credentials_are_kept(local: LocalPool, run: Run, tokens: Path, tmp_path: Path) -> None:
    told = json.loads(run(*as_alice(local, tokens)).stdout)

    kept = "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert told["SecretAccessKey"] not in kept
    assert told["SessionToken"] not in kept


def test_a_guest_needs_no_user_pool(run: Run) -> None:
    assert json.loads(run().stdout)["Version"] == 1


def sealed(local: LocalPool, folder: Path, *, mode: int = 0o600) -> tuple[str, ...]:
    """Sign Alice in with a sealed file, and return the arguments that name it and its key."""
    key = bytes(range(32))
    path, key_path = folder / "sealed.json", folder / "key"
    local.client(storage=FileStorage(path, sealing_keys=[key])).sign_in("alice", PASSWORD)
    key_path.write_text(f"{key.hex()}\n{bytes(32).hex()}\n")
    key_path.chmod(mode)
    return (*as_alice(local, path), "--storage-key", str(key_path))


def test_a_sealed_file_is_opened_with_its_key_and_stays_sealed(
    local: LocalPool, run: Run, tmp_path: Path
) -> None:
    done = run(*sealed(local, tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["Version"] == 1
    assert b"alice" not in (tmp_path / "sealed.json").read_bytes()


def test_a_sealed_file_without_its_key_is_told_and_stays_as_it_is(
    local: LocalPool, run: Run, tmp_path: Path
) -> None:
    *arguments, _, _ = sealed(local, tmp_path)
    before = (tmp_path / "sealed.json").read_bytes()

    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert (tmp_path / "sealed.json").read_bytes() == before


def test_a_key_that_others_may_read_is_not_taken(local: LocalPool, run: Run, tmp_path: Path) -> None:
    done = run(*sealed(local, tmp_path, mode=0o640))

    assert (done.returncode, done.stdout) == (2, "")
    assert "chmod 600" in done.stderr


@pytest.mark.parametrize("text", ["", "00", "secret words", "é", f"{bytes(32).hex()}\n0f"])
def test_what_is_no_key_is_told_and_not_shown(run: Run, tmp_path: Path, text: str) -> None:
    key_path = tmp_path / "key"
    key_path.write_text(text, "utf-8")
    key_path.chmod(0o600)

    done = run("--storage", "tokens.json", "--storage-key", str(key_path))

    assert (done.returncode, done.stdout) == (2, "")
    assert "64 hex digits" in done.stderr
    assert "secret words" not in done.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--username", "bob"), "bob is not signed in"),
        (("--storage", "other.json"), "Nobody is signed in: no tokens in other.json"),
    ],
)
def test_nobody_signed_in_is_told_apart(
    local: LocalPool, run: Run, tokens: Path, more: tuple[str, ...], said: str
) -> None:
    done = run(*as_alice(local, tokens), *more)

    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user-pool", "us-east-1_aB1"),
        ("--username", "alice"),
        ("--user-pool", "nonsense", "--client-id", "7ghr", "--storage", "tokens.json"),
        ("--endpoint", "ftp://pool.example.com"),
        ("--storage-key", "key"),
        ("--storage", "tokens.json", "--storage-key", "not-there"),
        ("--fly",),
    ],
)
def test_a_wrong_argument_is_told(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "userpool credentials: " in done.stderr


def test_a_refusal_is_told_in_one_line(run: Run) -> None:
    done = run("--identity-pool", "us-east-1:00000000-0000-4000-8000-000000000000")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "not found" in done.stderr


def test_a_service_that_is_not_there_is_told(run: Run) -> None:
    done = run("--endpoint", "http://127.0.0.1:9")

    assert (done.returncode, done.stdout) == (1, "")


def test_the_command_needs_nothing_of_the_pool(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "import sys\nfrom userpool.credential_process import parser\n"
        "print(sorted(name for name in sys.modules if name.startswith('userpool.server')))"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert printed.stdout == "[]\n"
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "credential_process" in capsys.readouterr().out


def test_the_document_is_that_of_the_aws_command_line() -> None:
    given: dict[str, Any] = {"access_key_id": "ASIA1", "secret_access_key": "s", "session_token": "t"}

    written = document(IdentityCredentials(**given, expires_epoch=1_767_268_800.9, identity_id="i"))

    assert json.loads(written) == {
        "Version": 1,
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": "2026-01-01T12:00:00Z",
    }
