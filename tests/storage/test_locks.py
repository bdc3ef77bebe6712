"""Locks between threads and processes, and that nobody keeps one for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from userpool.errors import StorageError
from userpool.storage.locks import locked, numbered, try_lock_file

HOLDER = """
import sys
from pathlib import Path
from userpool.storage.locks import try_lock_file
let_go = try_lock_file(Path(sys.argv[1]))
print(let_go is not None, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "tokens.json.lock"


def test_a_free_lock_is_taken_once(path: Path) -> None:
    let_go = try_lock_file(path)
    assert let_go is not None

    assert try_lock_file(path) is None

    let_go()
    again = try_lock_file(path)
    assert again is not None
    again()


def test_another_process_is_kept_out_until_it_is_let_in(path: Path) -> None:
    let_go = try_lock_file(path)
    assert let_go is not None

    assert not taken_by_another(path)
    let_go()

    assert taken_by_another(path)


def test_a_process_that_is_killed_lets_go(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"True\n"
    assert try_lock_file(path) is None

    holder.kill()
    holder.communicate()

    let_go = try_lock_file(path)
    assert let_go is not None
    let_go()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing tells which files are open")
def test_a_child_that_was_forked_meanwhile_does_not_keep_it(path: Path) -> None:
    # A fork of a program with threads would be warned of, so what a fork does to an open file is done by hand.
    let_go = try_lock_file(path)
    assert let_go is not None
    [descriptor] = [int(each.name) for each in Path("/proc/self/fd").iterdir() if points_to(each, path)]
    kept_by_the_child = os.dup(descriptor)

    let_go()

    again = try_lock_file(path)
    assert again is not None
    again()
    os.close(kept_by_the_child)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing tells which files are open")
def test_whoever_asks_in_vain_and_whoever_lets_go_leaves_nothing_open(path: Path) -> None:
    let_go = try_lock_file(path)
    assert let_go is not None

    for _ in range(3):
        assert try_lock_file(path) is None
    assert len([each for each in Path("/proc/self/fd").iterdir() if points_to(each, path)]) == 1

    let_go()
    assert not [each for each in Path("/proc/self/fd").iterdir() if points_to(each, path)]


def test_a_block_that_fails_lets_go(path: Path) -> None:
    with pytest.raises(KeyError), locked(path, longest_wait_seconds=0):
        raise KeyError("a mistake")

    with locked(path, longest_wait_seconds=0):
        assert try_lock_file(path) is None


def test_somebody_who_never_lets_go_is_not_waited_for_for_ever(path: Path) -> None:
    with (
        locked(path, longest_wait_seconds=0),
        pytest.raises(StorageError, match="locked for 0 seconds"),
        locked(path, longest_wait_seconds=0),
    ):
        pytest.fail("there are two")


def test_names_share_sixteen_locks(path: Path) -> None:
    places = {numbered(path, f"user {number}") for number in range(200)}

    assert len(places) == 16
    assert numbered(path, "alice") == numbered(path, "alice")
    assert {place.parent for place in places} == {path.parent}
    assert numbered(path, "\ud800") in places


def test_a_folder_in_the_place_of_a_lock_is_an_error_of_ours(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(StorageError, match="cannot be opened"):
        try_lock_file(path)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are not told apart here")
def test_a_link_in_the_place_of_a_lock_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "made by somebody else's link")

    with pytest.raises(StorageError, match="cannot be opened"):
        try_lock_file(path)

    assert not (tmp_path / "made by somebody else's link").exists()


def taken_by_another(path: Path) -> bool:
    """Tell whether another process could take the lock."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    done = subprocess.run(command, input="\n", capture_output=True, check=True, text=True)
    return done.stdout == "True\n"


def points_to(descriptor: Path, path: Path) -> bool:
    try:
        return descriptor.readlink() == path
    except OSError:
        return False
