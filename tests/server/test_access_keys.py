"""Access keys: what an administrator signs with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from userpool.effects import FixedEffects
from userpool.errors import SettingsError
from userpool.server.access_keys import (
    create_access_key,
    delete_access_key,
    list_access_keys,
    secret_of_access_key,
)
from userpool.server.context import Context
from userpool.server.database.keys import add_access_key, sealed_access_key
from userpool.server.sealing import UnsealError

pytestmark = pytest.mark.anyio


async def test_an_access_key_has_the_form_that_clients_expect(context: Context) -> None:
    key = await create_access_key(context, "robot")

    assert re.fullmatch(r"AKUP[A-Z2-7]{16}", key.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key.secret_access_key)


async def test_two_access_keys_have_nothing_in_common(context: Context) -> None:
    first, second = await create_access_key(context, "one"), await create_access_key(context, "two")

    assert first.access_key_id != second.access_key_id
    assert first.secret_access_key != second.secret_access_key


async def test_a_secret_is_shown_once_and_found_again_by_the_server_alone(context: Context) -> None:
    key = await create_access_key(context, "robot")

    assert await secret_of_access_key(context, key.access_key_id) == key.secret_access_key
    assert key.secret_access_key not in repr(key)
    assert key.secret_access_key not in repr(await list_access_keys(context))


@pytest.mark.parametrize("name", ["AKUPNOBODYHASTHISONE", "", "a" * 10_000, "ü"])
async def test_a_key_that_nobody_has_has_no_secret(context: Context, name: str) -> None:
    assert await secret_of_access_key(context, name) is None


async def test_access_keys_are_listed_with_their_notes(context: Context, effects: FixedEffects) -> None:
    made = [await create_access_key(context, name) for name in ("one", "two")]

    listed = await list_access_keys(context)

    assert {(key.access_key_id, key.name) for key in listed} == {
        (made[0].access_key_id, "one"),
        (made[1].access_key_id, "two"),
    }
    assert {key.created_ms for key in listed} == {int(effects.now() * 1000)}


async def test_a_deleted_access_key_is_gone(context: Context) -> None:
    key = await create_access_key(context, "robot")

    assert await delete_access_key(context, key.access_key_id)
    assert not await delete_access_key(context, key.access_key_id)

    assert await secret_of_access_key(context, key.access_key_id) is None


async def test_a_note_may_be_as_long_as_there_is_room(context: Context) -> None:
    await create_access_key(context, "ü" * 128)

    with pytest.raises(SettingsError, match="at most 128 characters"):
        await create_access_key(context, "ü" * 129)
    assert [key.name for key in await list_access_keys(context)] == ["ü" * 128]


async def test_a_secret_opens_under_no_other_name(context: Context) -> None:
    key = await create_access_key(context, "robot")
    sealed = await sealed_access_key(context.database.reader, key.access_key_id)
    assert sealed is not None
    await context.database.write(
        lambda transaction: add_access_key(
            transaction, "AKUPSTOLEN", name="", secret_sealed=sealed, created_ms=0
        )
    )

    with pytest.raises(UnsealError):
        await secret_of_access_key(context, "AKUPSTOLEN")


@pytest.mark.parametrize("database_url", ["sqlite-file"], indirect=True)
async def test_a_copy_of_the_database_does_not_tell_the_secret(context: Context, tmp_path: Path) -> None:
    key = await create_access_key(context, "robot")

    files = [path.read_bytes() for path in tmp_path.glob("*.db*")]

    assert any(key.access_key_id.encode() in data for data in files)
    assert not any(key.secret_access_key.encode() in data for data in files)
