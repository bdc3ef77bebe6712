"""Storage in a file: whose eyes it is for, what survives, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from userpool.errors import StorageError
from userpool.storage import FileStorage
from userpool.storage.locks import locked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def test_what_is_written_is_read_by_the_next_process(path: Path) -> None:
    FileStorage(path)["a"] = "1"
    program = f"from userpool import FileStorage; print(dict(FileStorage({str(path)!r})))"

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)

    assert found.stdout.strip() == "{'a': '1'}"


def test_it_is_a_mapping(path: Path) -> None:
    storage = FileStorage(path)

    storage.update({"a": "1", "b": "ü"})
    del storage["a"]

    assert dict(storage) == {"b": "ü"}
    assert len(storage) == 1
    with pytest.raises(KeyError):
        del storage["a"]


def test_a_missing_file_is_an_empty_storage_and_is_not_made_by_reading(path: Path) -> None:
    assert dict(FileStorage(path)) == {}
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_may_read_it(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        FileStorage(path)["a"] = "1"
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("tokens.json.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_folder_is_made_for_the_owner_only(tmp_path: Path) -> None:
    FileStorage(tmp_path / "new" / "tokens.json")["a"] = "1"

    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": null}', "[" * 100_000, '{"a": "1"'])
def test_a_file_that_cannot_be_understood_is_refused_and_kept(path: Path, content: str) -> None:
    path.write_text(content)
    storage = FileStorage(path)

    with pytest.raises(StorageError):
        storage.snapshot()
    with pytest.raises(StorageError):
        storage["b"] = "2"

    assert path.read_text() == content


def test_bytes_that_are_no_text_are_refused_and_kept(path: Path) -> None:
    path.write_bytes(b'{"a": "\xff"}')

    with pytest.raises(StorageError):
        FileStorage(path)["b"] = "2"

    assert path.read_bytes() == b'{"a": "\xff"}'


def test_a_crash_in_the_middle_of_writing_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FileStorage(path)
    storage["a"] = "1"

    def crash(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", crash)
        with pytest.raises(StorageError):
            storage["a"] = "2"

    assert storage["a"] == "1"
    storage["a"] = "3"
    assert storage["a"] == "3"


def test_what_is_settled_on_the_disk_is_the_whole_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    settle = os.fsync

    def look(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        settle(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    FileStorage(path)["a"] = "1"

    assert sizes[0] == path.stat().st_size
    # And then the folder, by which the file is found.
    assert len(sizes) == (1 if sys.platform == "win32" else 2)


def test_a_folder_that_cannot_be_settled_is_no_reason_to_fail(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file = os.open

    def open_no_folder(name: Any, *more: Any, **others: Any) -> int:
        if Path(name) == path.parent:
            raise PermissionError("It may be entered and not be read.")
        return open_file(name, *more, **others)

    monkeypatch.setattr(os, "open", open_no_folder)
    FileStorage(path)["a"] = "1"

    assert FileStorage(path)["a"] == "1"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing tells which files are open")
def test_writing_leaves_nothing_open(path: Path) -> None:
    FileStorage(path)["a"] = "1"

    opened: list[str] = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            opened.append(os.readlink(each))  # noqa: PTH115 - it need not be a path
    assert [target for target in opened if target.startswith(str(path.parent))] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals")
@pytest.mark.parametrize("call", ["fsync", "replace", "close"])
def test_a_process_that_is_killed_in_the_middle_of_writing_loses_nothing(path: Path, call: str) -> None:
    FileStorage(path)["a"] = "1"
    program = (
        "import os, pathlib, sys; from userpool import FileStorage; storage = FileStorage(sys.argv[1])\n"
        "def killed(*_): os.kill(os.getpid(), 9)\n"
        f"setattr(pathlib.Path if {call!r} == 'replace' else os, {call!r}, killed)\n"
        "storage['a'] = 'x' * 100_000"
    )

    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)

    assert done.returncode == -9
    assert FileStorage(path)["a"] in {"1", "x" * 100_000}
    FileStorage(path)["a"] = "3"
    assert json.loads(path.read_text()) == {"a": "3"}


def test_what_a_crash_left_behind_is_in_nobody_s_way(path: Path) -> None:
    path.with_name("tokens.json.new").write_text("half a sess")

    FileStorage(path)["a"] = "1"

    assert json.loads(path.read_text()) == {"a": "1"}
    assert not path.with_name("tokens.json.new").exists()


def test_a_draft_that_somebody_else_puts_there_is_not_written_to(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    path.with_name("tokens.json.new").symlink_to(elsewhere)
    # As if it came between the removal of a draft and the making of ours.
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)

    with pytest.raises(StorageError, match="cannot be written"):
        FileStorage(path)["a"] = "1"

    assert elsewhere.read_text() == "theirs"


def test_the_file_is_replaced_and_not_written_over(path: Path) -> None:
    storage = FileStorage(path)
    storage["a"] = "1"
    with path.open() as before:
        storage["a"] = "2"

        assert json.load(before) == {"a": "1"}


def test_a_change_that_changes_nothing_writes_nothing(path: Path) -> None:
    storage = FileStorage(path)
    storage["a"] = "1"
    before = path.stat()

    storage.apply({"a": "1"}, removals=["missing"])

    assert path.stat().st_ino == before.st_ino


def test_threads_do_not_lose_one_another_s_changes(path: Path) -> None:
    threads = [
        Thread(target=lambda number=number: FileStorage(path).update({f"key {number}": "x"}))
        for number in range(12)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(FileStorage(path)) == 12


def test_processes_do_not_lose_one_another_s_changes(path: Path) -> None:
    program = (
        "import sys; from userpool import FileStorage; storage = FileStorage(sys.argv[1])\n"
        "for number in range(10): storage[f'{sys.argv[2]} {number}'] = 'x'"
    )

    running = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in ("one", "two", "three")
    ]

    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(FileStorage(path)) == 30


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(StorageError):
        FileStorage(tmp_path / "tokens.json")["a"] = "1"


def test_a_folder_in_the_place_of_the_file_is_an_error_of_ours(path: Path) -> None:
    path.mkdir()

    with pytest.raises(StorageError):
        FileStorage(path).snapshot()


def test_it_does_not_show_what_it_holds(path: Path) -> None:
    storage = FileStorage(path)
    storage["a"] = "the secret"

    assert repr(storage) == f"FileStorage({str(path)!r})"


def test_a_lock_for_a_session_stops_no_writer(path: Path) -> None:
    storage, other = FileStorage(path), FileStorage(path)

    let_go = storage.try_lock("alice")
    assert let_go is not None
    other["a"] = "1"

    assert (storage["a"], other.try_lock("alice")) == ("1", None)
    let_go()


def test_a_writer_who_was_stopped_in_the_middle_is_not_waited_for_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userpool.storage.file._LONGEST_WAIT_SECONDS", 0)

    with locked(path.with_name("tokens.json.lock"), longest_wait_seconds=0), pytest.raises(StorageError):
        FileStorage(path)["a"] = "1"

    FileStorage(path)["a"] = "2"
