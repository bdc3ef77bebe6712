"""Storage in memory."""

from __future__ import annotations

import pytest

from userpool.storage import MemoryStorage


def test_it_is_a_mapping() -> None:
    storage = MemoryStorage({"a": "1"})

    storage["b"] = "2"
    del storage["a"]

    assert dict(storage) == {"b": "2"}
    assert len(storage) == 1
    with pytest.raises(KeyError):
        _ = storage["a"]
    with pytest.raises(KeyError):
        del storage["a"]


def test_several_keys_change_as_one() -> None:
    storage = MemoryStorage({"a": "1", "b": "2"})

    storage.apply({"b": "3"}, removals=["a", "missing"])

    assert storage.snapshot() == {"b": "3"}


def test_one_object_knows_nothing_of_another() -> None:
    first, second = MemoryStorage(), MemoryStorage()

    first["a"] = "1"

    assert "a" not in second


def test_a_snapshot_and_the_initial_mapping_are_copies() -> None:
    initial = {"a": "1"}
    storage = MemoryStorage(initial)
    snapshot = storage.snapshot()

    storage["a"] = "2"

    assert (initial["a"], snapshot["a"]) == ("1", "1")


def test_it_can_be_changed_while_it_is_read_through() -> None:
    storage = MemoryStorage({"a": "1", "b": "2"})

    for key in storage:
        del storage[key]

    assert len(storage) == 0


def test_it_does_not_show_what_it_holds() -> None:
    storage = MemoryStorage({"token": "the secret"})

    assert repr(storage) == "<MemoryStorage of 1 entries>"
