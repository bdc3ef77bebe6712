"""Storage in a keyring: keyring's own backends on the other side, and what happens when there is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring as library
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from userpool import StorageError
from userpool.storage import Batched, FileStorage, KeyringStorage, Lockable, MemoryStorage
from userpool.storage.locks import locked


class InMemory(KeyringBackend):
    """A backend of keyring that keeps its texts in a dict, and at most so many characters each."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, largest: int = 10**9) -> None:
        super().__init__()
        self.texts: dict[tuple[str, str], str] = {}
        self.largest = largest
        self.stops_after = 10**9
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked
        return self.texts.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.stops_after -= 1
        if self.stops_after < 0:
            raise OSError("the machine has stopped")
        if len(password) > self.largest:
            raise OSError(1783, "The stub received bad data")
        self.texts[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.texts.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def backend() -> InMemory:
    return InMemory()


@pytest.fixture
def restored() -> Iterator[None]:
    """Put the keyring of the machine back afterwards."""
    before = library.get_keyring()
    yield
    library.set_keyring(before)


def test_what_is_written_is_read_by_the_next_program(backend: InMemory) -> None:
    storage = KeyringStorage("a program", keyring=backend)
    storage.update({"a": "1", "b": "ü"})
    del storage["a"]

    again = KeyringStorage("a program", keyring=backend)

    assert (dict(again), len(again)) == ({"b": "ü"}, 1)
    assert dict(KeyringStorage("another program", keyring=backend)) == {}
    with pytest.raises(KeyError):
        del again["a"]


def test_the_keyring_of_the_machine_is_used(backend: InMemory, restored: None) -> None:
    library.set_keyring(backend)

    KeyringStorage()["a"] = "1"

    assert dict(KeyringStorage(keyring=backend)) == {"a": "1"}


def test_trying_it_out_leaves_nothing_behind(backend: InMemory) -> None:
    KeyringStorage(keyring=backend)

    assert backend.texts == {}


@pytest.mark.parametrize("broken", [fail.Keyring(), null.Keyring()])
def test_a_machine_without_a_keyring_is_told_before_anybody_signs_in(broken: KeyringBackend) -> None:
    with pytest.raises(StorageError, match=r"[Tt]he keyring does not"):
        KeyringStorage(keyring=broken)


def test_a_locked_keyring_is_told(backend: InMemory) -> None:
    backend.locked = True

    with pytest.raises(StorageError) as caught:
        KeyringStorage(keyring=backend)

    assert isinstance(caught.value.__cause__, KeyringLocked)


def test_a_fallback_is_used_where_one_was_given(tmp_path: Path) -> None:
    fallback = FileStorage(tmp_path / "tokens.json")

    storage = KeyringStorage(keyring=fail.Keyring(), fallback=fallback)
    storage.update({"a": "1", "b": "2"})
    del storage["b"]

    assert dict(storage) == dict(fallback) == {"a": "1"}
    assert isinstance(storage.trouble, StorageError)
    let_go = storage.try_lock("alice")
    assert let_go is not None
    assert fallback.try_lock("alice") is None
    let_go()


def test_a_keyring_that_works_needs_no_fallback(backend: InMemory) -> None:
    fallback = MemoryStorage()

    storage = KeyringStorage(keyring=backend, fallback=fallback)
    storage["a"] = "1"

    assert (storage.trouble, dict(fallback)) == (None, {})


# ---- sizes ----


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_what_is_too_large_for_one_text_is_kept_in_parts(items: dict[str, str]) -> None:
    backend = InMemory(largest=40)
    storage = KeyringStorage(keyring=backend, largest_part=40)

    storage.apply(items)

    assert dict(KeyringStorage(keyring=backend)) == items
    assert all(text.isascii() for text in backend.texts.values())


def test_a_session_fits_into_the_credential_manager_of_windows() -> None:
    # 2,560 bytes of UTF-16.
    backend = InMemory(largest=1280)
    storage = KeyringStorage(keyring=backend, largest_part=1200)

    storage["a"] = "x" * 5000

    assert KeyringStorage(keyring=backend)["a"] == "x" * 5000


def test_old_parts_are_removed(backend: InMemory) -> None:
    storage = KeyringStorage(keyring=backend, largest_part=10)

    for number in range(5):
        storage["a"] = "x" * number

    assert len(backend.texts) == 1 + 2


# ---- what survives ----


@pytest.mark.parametrize("writes", range(5))
def test_a_crash_in_the_middle_of_writing_loses_nothing(writes: int) -> None:
    backend = InMemory()
    storage = KeyringStorage(keyring=backend, largest_part=10)
    storage["a"] = "the old one"
    backend.stops_after = writes

    try:
        storage["a"] = "the new one, which is longer"
    except StorageError:
        backend.stops_after = 10**9

    assert KeyringStorage(keyring=backend)["a"] in {"the old one", "the new one, which is longer"}


def test_a_reader_who_comes_in_the_middle_reads_again(backend: InMemory) -> None:
    storage = KeyringStorage(keyring=backend)
    storage["a"] = "1"
    writer = KeyringStorage(keyring=backend)
    head = backend.get_password("userpool/head", "userpool")
    writer["a"] = "2"
    answers = [head]

    class Late(InMemory):
        def get_password(self, service: str, username: str) -> str | None:
            if service.endswith("/head") and answers:
                return answers.pop()
            return super().get_password(service, username) or backend.get_password(service, username)

    assert KeyringStorage(keyring=Late())["a"] == "2"


@pytest.mark.parametrize("head", ["", "[]", '{"number": 1, "parts": 1}'])
def test_what_was_not_written_here_is_refused_and_kept(backend: InMemory, head: str) -> None:
    backend.texts["userpool/head", "userpool"] = head
    storage = KeyringStorage(keyring=backend)

    with pytest.raises(StorageError, match='remove its entry "userpool/head"'):
        storage["a"] = "1"

    assert backend.texts == {("userpool/head", "userpool"): head}


def test_a_keyring_that_fails_later_is_an_error_of_ours(backend: InMemory) -> None:
    storage = KeyringStorage(keyring=backend)
    backend.locked = True

    with pytest.raises(StorageError, match="cannot be read"):
        storage.snapshot()


def test_a_folder_for_locks_keeps_processes_apart(backend: InMemory, tmp_path: Path) -> None:
    first = KeyringStorage(keyring=backend, lock_folder=tmp_path)
    second = KeyringStorage(keyring=backend, lock_folder=tmp_path)
    first["a"] = "1"

    let_go = first.try_lock("alice")
    assert let_go is not None

    assert second.try_lock("alice") is None
    let_go()
    without = KeyringStorage(keyring=backend).try_lock("alice")
    assert without is not None
    without()


def test_whoever_writes_waits_for_the_writer_of_another_process(
    backend: InMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = KeyringStorage(keyring=backend, lock_folder=tmp_path)
    storage["a"] = "1"
    [lock] = tmp_path.glob("keyring-*.lock")
    monkeypatch.setattr("userpool.storage.keyring._LONGEST_WAIT_SECONDS", 0)

    with locked(lock, longest_wait_seconds=0), pytest.raises(StorageError, match="locked"):
        storage["a"] = "2"

    assert dict(storage) == {"a": "1"}


def test_it_offers_what_the_sdk_asks_for_and_shows_nothing(backend: InMemory) -> None:
    storage = KeyringStorage("a program", keyring=backend)
    storage["a"] = "the secret"

    assert isinstance(storage, Batched)
    assert isinstance(storage, Lockable)
    assert repr(storage) == "KeyringStorage('a program')"


def test_keyring_is_imported_by_whoever_uses_it_only() -> None:
    program = "import sys, userpool.storage.keyring; print('keyring' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)

    assert done.stdout == "False\n"


def test_a_machine_without_the_extra_is_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(StorageError, match=r"userpool\[keyring\]"):
        KeyringStorage()
