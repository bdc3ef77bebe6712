"""What a storage that changes several keys at once offers."""

from __future__ import annotations

from pathlib import Path

from userpool.storage import Batched, FileStorage, MemoryStorage


def test_our_own_storages_change_several_keys_at_once(tmp_path: Path) -> None:
    assert isinstance(MemoryStorage(), Batched)
    assert isinstance(FileStorage(tmp_path / "tokens.json"), Batched)
    assert not isinstance({}, Batched)
