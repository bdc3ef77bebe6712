"""The keys of pools, and the root key under which all secrets are sealed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from userpool.effects import FixedEffects, MachineEffects
from userpool.errors import SettingsError
from userpool.server.context import Context
from userpool.server.database.keys import add_signing_key, signing_keys_of
from userpool.server.database.opening import open_database
from userpool.server.database.query import Database
from userpool.server.keys import KeyRing, check_root_key, is_sealed, load_root_key, make_private_key
from userpool.server.sealing import Sealer, UnsealError
from userpool.tokens.jwt import sign, verify

pytestmark = pytest.mark.anyio

POOL = "us-east-1_aaaaaaaaa"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database without a server."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def sealer(effects: FixedEffects) -> Sealer:
    """What seals under a root key of this test."""
    return Sealer(b"root key".ljust(32), effects)


@pytest.fixture
def made() -> list[RSAPrivateKey]:
    """The keys that were made."""
    return []


@pytest.fixture
def ring(
    database: Database,
    sealer: Sealer,
    effects: FixedEffects,
    make_key: Callable[[], RSAPrivateKey],
    made: list[RSAPrivateKey],
) -> Callable[[], KeyRing]:
    """Give a function that makes a key ring, as every server on this database has one."""

    def make() -> RSAPrivateKey:
        made.append(make_key())
        return made[-1]

    return lambda: KeyRing(database, sealer, effects, make=make)


# ---- signing keys ----


async def test_a_pool_has_a_key_for_each_kind_of_token(ring: Callable[[], KeyRing]) -> None:
    keys = await ring().of_pool(POOL)

    assert set(keys.signing) == {"id", "access"}
    assert len(keys.public) == 2
    for kind, key in keys.signing.items():
        assert verify(sign({"token_use": kind}, key), keys.public).claims == {"token_use": kind}


async def test_all_identities_have_one_key(ring: Callable[[], KeyRing], made: list[RSAPrivateKey]) -> None:
    keys = await ring().of_identities()

    assert set(keys.signing) == {"identity"}
    assert (await ring().of_identities()).jwks == keys.jwks
    assert len(made) == 1


async def test_keys_are_made_once_and_kept(ring: Callable[[], KeyRing], made: list[RSAPrivateKey]) -> None:
    first = ring()
    before = await first.of_pool(POOL)

    assert await first.of_pool(POOL) is before
    assert (await ring().of_pool(POOL)).jwks == before.jwks
    assert len(made) == 2


async def test_keys_that_many_ask_for_at_once_are_made_once(
    ring: Callable[[], KeyRing], made: list[RSAPrivateKey]
) -> None:
    keys = ring()

    found = await asyncio.gather(*(keys.of_pool(POOL) for _ in range(10)))

    assert len({id(one) for one in found}) == 1
    assert len(made) == 2


async def test_two_servers_that_make_keys_at_once_use_the_same(ring: Callable[[], KeyRing]) -> None:
    found = await asyncio.gather(*(ring().of_pool(POOL) for _ in range(4)))

    assert len({one.jwks for one in found}) == 1
    assert len(found[0].public) == 2


async def test_two_pools_have_different_keys(ring: Callable[[], KeyRing]) -> None:
    keys = ring()

    first, second = await keys.of_pool(POOL), await keys.of_pool("us-east-1_bbbbbbbbb")

    assert set(first.public) & set(second.public) == set()


async def test_a_key_has_a_name_like_the_services(ring: Callable[[], KeyRing]) -> None:
    document = json.loads((await ring().of_pool(POOL)).jwks)

    assert [len(key["kid"]) for key in document["keys"]] == [44, 44]
    assert {(key["kty"], key["alg"], key["use"], key["e"]) for key in document["keys"]} == {
        ("RSA", "RS256", "sig", "AQAB")
    }


async def test_a_forgotten_pool_is_looked_up_again(
    ring: Callable[[], KeyRing], made: list[RSAPrivateKey]
) -> None:
    keys = ring()
    before = await keys.of_pool(POOL)

    keys.forget(POOL)
    keys.forget("us-east-1_neverknown")

    again = await keys.of_pool(POOL)
    assert again is not before
    assert again.jwks == before.jwks
    assert len(made) == 2


async def test_a_key_cannot_be_given_to_another_pool(ring: Callable[[], KeyRing], database: Database) -> None:
    await ring().of_pool(POOL)
    for key in await signing_keys_of(database.reader, POOL):
        await database.write(
            lambda transaction, key=key: add_signing_key(transaction, "us-east-1_bbbbbbbbb", key)  # type: ignore[misc]
        )

    with pytest.raises(UnsealError):
        await ring().of_pool("us-east-1_bbbbbbbbb")


async def test_what_is_kept_of_a_key_is_sealed(ring: Callable[[], KeyRing], database: Database) -> None:
    keys = await ring().of_pool(POOL)
    primes = [key.private_key.private_numbers().p for key in keys.signing.values()]

    for kept in await signing_keys_of(database.reader, POOL):
        for prime in primes:
            assert prime.to_bytes(128, "big") not in kept.private_sealed


def test_a_key_is_long_enough() -> None:
    key = make_private_key()

    assert key.key_size == 2048
    assert key.public_key().public_numbers().e == 65537


async def test_a_deleted_pool_leaves_no_keys(
    context: Context,
    make_pool: Callable[..., Awaitable[Any]],
    call: Callable[..., Awaitable[Any]],
) -> None:
    pool = await make_pool()
    await context.keys.of_pool(pool.pool_id)

    await call("DeleteUserPool", UserPoolId=pool.pool_id)

    assert await signing_keys_of(context.database.reader, pool.pool_id) == []


# ---- the root key ----


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the root key is."""
    return tmp_path / "pool.db.key"


def test_a_missing_key_file_is_made_for_its_owner_alone(file: Path, effects: FixedEffects) -> None:
    key = load_root_key(file, effects)

    assert len(key) == 32
    assert file.read_text() == f"{key.hex()}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_key_file_is_read_again(file: Path, effects: FixedEffects) -> None:
    assert load_root_key(file, effects) == load_root_key(file, effects)


def test_servers_that_start_together_have_one_key(file: Path) -> None:
    found: list[bytes] = []
    barrier = threading.Barrier(8)

    def load() -> None:
        barrier.wait()
        found.append(load_root_key(file, MachineEffects()))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_file_that_others_may_read_is_refused(file: Path, effects: FixedEffects, mode: int) -> None:
    load_root_key(file, effects)
    file.chmod(mode)

    with pytest.raises(SettingsError, match=r"Others may read the key file pool\.db\.key: chmod 600 it"):
        load_root_key(file, effects)


@pytest.mark.parametrize("text", ["", "abc", "0" * 63, "0" * 66, "g" * 64, "ü"])
def test_a_key_file_of_something_else_is_refused_without_quoting_it(
    file: Path, effects: FixedEffects, text: str
) -> None:
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(SettingsError, match="has to hold 64 hex digits") as caught:
        load_root_key(file, effects)

    assert not text or text not in str(caught.value).replace("64 hex", "")


def test_a_key_file_in_no_folder_is_told_so(tmp_path: Path, effects: FixedEffects) -> None:
    with pytest.raises(SettingsError, match="No such file or directory"):
        load_root_key(tmp_path / "nowhere" / "pool.key", effects)


def test_a_folder_is_no_key_file(tmp_path: Path, effects: FixedEffects) -> None:
    (tmp_path / "pool.key").mkdir(mode=0o700)

    with pytest.raises(SettingsError, match="can't be used"):
        load_root_key(tmp_path / "pool.key", effects)


def test_a_key_file_that_has_to_be_there_is_not_made(file: Path, effects: FixedEffects) -> None:
    with pytest.raises(SettingsError, match="No such file or directory"):
        load_root_key(file, effects, make=False)

    assert not file.exists()


async def test_a_database_is_begun_with_one_root_key(
    database: Database, sealer: Sealer, effects: FixedEffects
) -> None:
    assert not await is_sealed(database)
    await check_root_key(database, sealer)
    await check_root_key(database, sealer)
    assert await is_sealed(database)

    with pytest.raises(SettingsError, match="sealed under another key"):
        await check_root_key(database, Sealer(b"another".ljust(32), effects))
