"""Several keys at once, in storages that can and in those that cannot."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

import pytest

from userpool.storage import MemoryStorage
from userpool.storage.batches import apply_to, snapshot_of


@pytest.mark.parametrize("kind", [dict, MemoryStorage])
def test_several_keys_change_in_either(kind: Callable[..., MutableMapping[str, str]]) -> None:
    storage = kind({"a": "1", "b": "2"})

    apply_to(storage, {"b": "3", "c": "4"}, ["a", "missing"])

    assert snapshot_of(storage) == {"b": "3", "c": "4"}


@pytest.mark.parametrize("kind", [dict, MemoryStorage])
def test_a_snapshot_is_a_copy(kind: Callable[..., MutableMapping[str, str]]) -> None:
    storage = kind({"a": "1"})
    snapshot = snapshot_of(storage)

    storage["a"] = "2"

    assert snapshot == {"a": "1"}
