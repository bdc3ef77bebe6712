"""What a storage that changes several keys at once offers."""

from __future__ import annotations

from pathlib import Path

from userpool import storage
from userpool.storage import Batched, FileStorage, Lockable, MemoryStorage


def test_our_own_storages_change_several_keys_at_once(tmp_path: Path) -> None:
    assert isinstance(MemoryStorage(), Batched)
    assert isinstance(FileStorage(tmp_path / "tokens.json"), Batched)
    assert not isinstance({}, Batched)


def test_our_own_storages_that_processes_share_have_locks(tmp_path: Path) -> None:
    assert isinstance(FileStorage(tmp_path / "tokens.json"), Lockable)
    assert not isinstance(MemoryStorage(), Lockable)


def test_every_name_can_be_loaded() -> None:
    assert [name for name in storage.__all__ if not hasattr(storage, name)] == []
    assert not hasattr(storage, "NoSuchStorage")
