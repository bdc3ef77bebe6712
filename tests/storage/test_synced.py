"""Storage that is read once and flushed: what is written, when, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import anyio
import pytest

from userpool import AsyncUserPool, SignedIn
from userpool.storage import Batched, SyncedStorage
from userpool.transport.scripted import AsyncScriptedTransport, grants

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


class Place:
    """A place that has to be awaited, and that notes how often it was written to."""

    def __init__(self, items: dict[str, str] | None = None) -> None:
        self.items = items or {}
        self.writes = 0
        self.fails = False
        self.asked = anyio.Event()

    async def read(self) -> Mapping[str, str]:
        found = dict(self.items)
        await anyio.sleep(0.001)
        return found

    async def write(self, updates: Mapping[str, str], *, removals: Collection[str]) -> None:
        self.asked.set()
        await anyio.sleep(0.001)
        if self.fails:
            raise OSError("the place is gone")
        self.writes += 1
        self.items |= updates
        for key in removals:
            self.items.pop(key, None)


async def test_what_the_place_has_is_loaded() -> None:
    storage = SyncedStorage(Place({"a": "1"}))

    await storage.load()

    assert (dict(storage), len(storage), storage.is_flushed) == ({"a": "1"}, 1, True)


async def test_what_changed_is_written_at_once() -> None:
    place = Place({"a": "1", "b": "2"})
    storage = SyncedStorage(place)
    await storage.load()

    storage["c"] = ""
    del storage["a"]
    storage.apply({"b": "3"}, removals=["missing"])
    before = dict(place.items)
    await storage.flush()

    assert before == {"a": "1", "b": "2"}
    assert (place.items, place.writes) == ({"b": "3", "c": ""}, 1)


async def test_nothing_new_is_not_written() -> None:
    place = Place()

    await SyncedStorage(place).flush()

    assert place.writes == 0


async def test_what_could_not_be_written_is_written_later() -> None:
    place = Place()
    place.fails = True
    storage = SyncedStorage(place)
    storage["a"] = "1"
    with pytest.raises(OSError, match="gone"):
        await storage.flush()
    assert not storage.is_flushed

    place.fails = False
    await storage.flush()

    assert (place.items, storage.is_flushed) == ({"a": "1"}, True)


async def test_what_changes_during_a_write_is_written_too() -> None:
    place = Place()
    storage = SyncedStorage(place)
    storage.apply({"a": "1", "b": "1"})

    async with anyio.create_task_group() as group:
        group.start_soon(storage.flush)
        await place.asked.wait()
        storage.apply({"a": "2"}, removals=["b"])

    assert (place.items, place.writes) == ({"a": "2"}, 2)


async def test_loading_does_not_undo_what_was_not_flushed() -> None:
    place = Place({"a": "old", "b": "old", "c": "kept"})
    storage = SyncedStorage(place)
    await storage.load()
    storage["a"] = "new"
    del storage["b"]

    await storage.load()

    assert dict(storage) == {"a": "new", "c": "kept"}


async def test_loading_during_a_flush_does_not_bring_the_old_back() -> None:
    storage = SyncedStorage(Place({"a": "old"}))
    await storage.load()
    storage["a"] = "new"

    async with anyio.create_task_group() as group:
        group.start_soon(storage.load)
        group.start_soon(storage.flush)

    assert dict(storage) == {"a": "new"}


async def test_a_person_is_found_again_in_the_place() -> None:
    place = Place()
    storage = SyncedStorage(place)
    transport = AsyncScriptedTransport(grants("alice", expires_epoch=4e9))
    pool = AsyncUserPool("us-east-1_aB12cDe34", "7ghr", storage=storage, transport=transport)
    assert isinstance(await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"), SignedIn)
    await storage.flush()

    later = SyncedStorage(place)
    await later.load()
    found = AsyncUserPool("us-east-1_aB12cDe34", "7ghr", storage=later, transport=transport).current_user()

    assert found is not None
    assert found.username == "alice"


def test_it_changes_several_keys_at_once_and_shows_nothing() -> None:
    storage = SyncedStorage(Place())
    storage["a"] = "the secret"

    assert isinstance(storage, Batched)
    assert repr(storage) == "<SyncedStorage of 1 entries, 1 unwritten>"
    with pytest.raises(KeyError):
        del storage["b"]
