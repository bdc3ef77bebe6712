"""Storage in a sealed file: who can open it, how a file and its keys change, and that nothing is lost over it."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from userpool.crypto.sealed_text import seal_text
from userpool.effects import FixedEffects
from userpool.errors import SettingsError, StorageError
from userpool.storage import FileStorage

KEY, OLD_KEY = b"k" * 32, b"o" * 32
NAME, TOKEN = "CognitoIdentityServiceProvider.client.alice.refreshToken", "eyJhbGciOiJSUzI1NiJ9.the-token"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def sealed(path: Path, *keys: bytes) -> FileStorage:
    return FileStorage(path, sealing_keys=keys or [KEY])


def test_a_sealed_file_shows_neither_tokens_nor_names(path: Path) -> None:
    sealed(path)[NAME] = TOKEN

    data = path.read_bytes()

    assert dict(sealed(path)) == {NAME: TOKEN}
    for secret in (TOKEN, NAME, "alice", "refreshToken"):
        assert secret.encode() not in data
        assert secret.encode() not in urlsafe_b64decode(data[2:] + b"==")


def test_a_stranger_s_aes_gcm_opens_it(path: Path) -> None:
    sealed(path)[NAME] = TOKEN

    body = urlsafe_b64decode(path.read_text().removeprefix("1.") + "==")
    text = AESGCM(KEY).decrypt(body[:12], body[12:], b"userpool.storage.file")

    assert json.loads(text) == {NAME: TOKEN}


def test_no_two_contents_are_sealed_alike(path: Path) -> None:
    storage = FileStorage(path, sealing_keys=[KEY], effects=FixedEffects())
    contents = set[bytes]()

    for value in ("1", "2", "1"):
        storage["a"] = value
        contents.add(path.read_bytes())

    assert len({content[:18] for content in contents}) == 3


@pytest.mark.parametrize("keys", [(), (OLD_KEY,)])
def test_without_the_key_a_sealed_file_is_refused_and_kept(path: Path, keys: tuple[bytes, ...]) -> None:
    sealed(path)["a"] = "1"
    before = path.read_bytes()
    stranger = FileStorage(path, sealing_keys=keys)

    with pytest.raises(StorageError, match="left as it is"):
        stranger.snapshot()
    with pytest.raises(StorageError):
        stranger["b"] = "2"
    with pytest.raises(StorageError):
        del stranger["a"]

    assert path.read_bytes() == before
    assert dict(sealed(path)) == {"a": "1"}


@pytest.mark.parametrize("place", [0, 1, 2, 20, 40, -3])
def test_a_sealed_file_that_was_changed_is_refused_and_kept(path: Path, place: int) -> None:
    sealed(path)["a"] = "1"
    data = bytearray(path.read_bytes())
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    path.write_bytes(data)

    with pytest.raises(StorageError):
        sealed(path).snapshot()
    with pytest.raises(StorageError):
        sealed(path)["b"] = "2"

    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "content", [b"1.", b"1.A", b"1.AAAA", b"1.\xff\xfe", b"1.5", b"1." + b"A" * 100_000, b""]
)
def test_what_only_begins_like_a_sealed_file_is_refused_and_kept(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(StorageError):
        sealed(path)["a"] = "1"

    assert path.read_bytes() == content


def test_what_was_sealed_for_another_purpose_is_refused(path: Path) -> None:
    path.write_text(seal_text("{}", key=KEY, nonce=bytes(12), context=NAME))

    with pytest.raises(StorageError):
        sealed(path).snapshot()


def test_what_an_old_key_sealed_is_opened_and_the_next_write_seals_it_with_the_first(path: Path) -> None:
    sealed(path, OLD_KEY)["a"] = "1"
    both = sealed(path, KEY, OLD_KEY)

    assert dict(both) == {"a": "1"}
    assert dict(sealed(path, OLD_KEY)) == {"a": "1"}
    both["b"] = "2"

    assert dict(sealed(path, KEY)) == {"a": "1", "b": "2"}
    with pytest.raises(StorageError):
        sealed(path, OLD_KEY).snapshot()


def test_a_file_that_was_not_sealed_is_read_and_the_next_write_seals_it(path: Path) -> None:
    FileStorage(path)[NAME] = TOKEN
    before = path.read_bytes()
    storage = sealed(path)

    assert dict(storage) == {NAME: TOKEN}
    assert path.read_bytes() == before
    storage["b"] = "2"

    assert dict(storage) == {NAME: TOKEN, "b": "2"}
    assert TOKEN.encode() not in path.read_bytes()


@pytest.mark.parametrize("keys", [(), (OLD_KEY,)])
def test_a_write_that_changes_nothing_seals_what_the_first_key_did_not(
    path: Path, keys: tuple[bytes, ...]
) -> None:
    FileStorage(path, sealing_keys=keys)[NAME] = TOKEN

    sealed(path, KEY, OLD_KEY).apply({})

    assert dict(sealed(path, KEY)) == {NAME: TOKEN}


def test_a_write_that_changes_nothing_leaves_a_sealed_file_alone(path: Path) -> None:
    storage = sealed(path)
    storage.apply({})
    assert not path.exists()
    storage["a"] = "1"
    before = path.read_bytes()

    storage.apply({"a": "1"}, removals=["missing"])

    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_may_read_it_after_it_was_sealed(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o644)

    sealed(path)["a"] = "1"

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals")
@pytest.mark.parametrize("call", ["fsync", "replace", "close"])
def test_a_process_that_is_killed_while_it_writes_loses_nothing_and_leaves_no_token(
    path: Path, call: str
) -> None:
    sealed(path)["a"] = "1"
    program = (
        "import os, pathlib, sys; from userpool import FileStorage\n"
        "storage = FileStorage(sys.argv[1], sealing_keys=[b'k' * 32])\n"
        "def killed(*_): os.kill(os.getpid(), 9)\n"
        f"setattr(pathlib.Path if {call!r} == 'replace' else os, {call!r}, killed)\n"
        "storage['a'] = sys.argv[2]"
    )

    done = subprocess.run([sys.executable, "-c", program, str(path), TOKEN], check=False)

    assert done.returncode == -9
    assert not any(TOKEN.encode() in left.read_bytes() for left in path.parent.iterdir())
    assert sealed(path)["a"] in {"1", TOKEN}
    sealed(path)["a"] = "3"
    assert dict(sealed(path)) == {"a": "3"}


def test_threads_do_not_lose_one_another_s_changes_to_a_sealed_file(path: Path) -> None:
    threads = [Thread(target=sealed(path).apply, args=({f"key {number}": "x"},)) for number in range(12)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sealed(path)) == 12


@pytest.mark.parametrize("key", [b"", b"too short", b"k" * 33])
def test_a_key_of_another_length_is_a_mistake_and_is_not_shown(path: Path, key: bytes) -> None:
    with pytest.raises(SettingsError) as caught:
        FileStorage(path, sealing_keys=[KEY, key])

    assert "kkk" not in str(caught.value)


def test_it_shows_neither_its_keys_nor_what_it_holds(path: Path) -> None:
    storage = sealed(path)
    storage["a"] = "the secret"

    assert repr(storage) == f"FileStorage({str(path)!r}, sealing_keys=***)"
