"""Putting a server together: what fits, what is refused, and what stays on disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from userpool.effects import FixedEffects
from userpool.errors import SettingsError
from userpool.server.access_keys import create_access_key
from userpool.server.build import Server, open_server
from userpool.server.finding import client_secret
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.server.settings import Settings

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]
KeyMaker = Callable[[], RSAPrivateKey]


@pytest.fixture
def in_memory() -> Settings:
    """A server that leaves nothing behind."""
    return Settings(database_url="sqlite://")


# ---- the parts ----


async def test_a_server_in_development_has_an_inbox_and_another_has_none(make_key: KeyMaker) -> None:
    for dev in (True, False):
        server = await open_server(Settings(database_url="sqlite://", dev=dev), make_key=make_key)

        assert (server.inbox is not None) == dev
        await server.close()


async def test_an_inbox_of_ones_own_is_used(in_memory: Settings) -> None:
    inbox = Inbox()

    server = await open_server(in_memory, inbox=inbox)

    assert server.inbox is inbox
    await server.close()


async def test_a_region_has_its_own_surroundings_and_the_same_parts(server: Server) -> None:
    usual, other = server.context_for(None), server.context_for("eu-west-1")

    assert usual is server.context
    assert server.context_for("us-east-1") is usual
    assert other.region == "eu-west-1"
    assert other.database is usual.database
    assert server.context_for("eu-west-1") is other


async def test_made_up_regions_do_not_fill_the_memory(server: Server) -> None:
    made = [server.context_for(f"xx-somewhere-{number}") for number in range(200)]

    assert [context.region for context in made] == [f"xx-somewhere-{number}" for number in range(200)]
    again = [server.context_for(f"xx-somewhere-{number}") for number in range(200)]
    assert sum(first is second for first, second in zip(made, again, strict=True)) <= 100


async def test_a_closed_server_leaves_nothing_running(in_memory: Settings) -> None:
    before = asyncio.all_tasks()
    server = await open_server(in_memory)
    assert asyncio.all_tasks() > before

    await server.close()

    assert asyncio.all_tasks() == before


# ---- the root key ----


async def test_the_key_file_is_beside_a_database_file(tmp_path: Path) -> None:
    server = await open_server(Settings(database_url=f"sqlite:///{tmp_path}/pool.db"))
    await server.close()

    assert (tmp_path / "pool.db.key").stat().st_mode & 0o777 == 0o600


async def test_the_key_file_is_where_it_was_told_to_be(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/pool.db", seal_key_file=f"{tmp_path}/elsewhere")

    await (await open_server(settings)).close()

    assert (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "pool.db.key").exists()


async def test_for_a_database_elsewhere_the_key_file_is_in_the_working_folder(
    postgresql_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await asyncio.to_thread(postgresql_database.empty)

    await (await open_server(Settings(database_url=postgresql_database.url))).close()

    assert [path.name for path in tmp_path.iterdir()] == ["userpool.key"]


async def test_a_server_in_memory_writes_nothing(
    in_memory: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    await (await open_server(in_memory)).close()

    assert list(tmp_path.iterdir()) == []


async def test_a_database_whose_key_file_is_gone_is_refused_and_no_other_key_is_made(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/pool.db")
    await (await open_server(settings)).close()
    (tmp_path / "pool.db.key").rename(tmp_path / "kept.key")

    with pytest.raises(SettingsError, match=r"isn't in .*pool\.db\.key: name its file by seal_key_file"):
        await open_server(settings)

    assert not (tmp_path / "pool.db.key").exists()
    (tmp_path / "kept.key").rename(tmp_path / "pool.db.key")
    await (await open_server(settings)).close()


async def test_a_database_under_another_key_is_refused(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/pool.db")
    await (await open_server(settings)).close()
    (tmp_path / "pool.db.key").write_text("ab" * 32)

    with pytest.raises(SettingsError, match="sealed under another key"):
        await open_server(settings)


async def test_a_server_that_could_not_be_opened_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "pool.db.key").write_text("nonsense")
    (tmp_path / "pool.db.key").chmod(0o600)

    with pytest.raises(SettingsError):
        await open_server(Settings(database_url=f"sqlite:///{tmp_path}/pool.db"))

    connection = sqlite3.connect(tmp_path / "pool.db", timeout=0)
    connection.execute("BEGIN EXCLUSIVE")
    connection.close()
    assert not (tmp_path / "pool.db-wal").exists()


# ---- what stays ----


async def test_another_server_on_the_same_database_goes_on_where_the_first_was(
    server: Server,
    make_pool: Make,
    make_client: Make,
    call: Make,
    database_url: str,
    tmp_path: Path,
    effects: FixedEffects,
) -> None:
    if database_url == "sqlite://":
        pytest.skip("what is in memory ends with its server")
    pool: Pool = await make_pool()
    client: Client = await make_client(pool, generate_secret=True)
    keys = (await server.context.keys.of_pool(pool.pool_id)).jwks

    settings = Settings(database_url=database_url, seal_key_file=str(tmp_path / "seal.key"))
    second = await open_server(settings, effects=effects)

    found = await second.context.directory.client(client.client_id)
    assert found == client
    assert client_secret(second.context, found) == client_secret(server.context, client)
    assert (await second.context.keys.of_pool(pool.pool_id)).jwks == keys
    await second.close()


@pytest.mark.parametrize("database_url", ["sqlite-file"], indirect=True)
async def test_a_copy_of_the_database_tells_no_secret(
    server: Server, make_pool: Make, make_client: Make, call: Make, tmp_path: Path
) -> None:
    assert server.inbox is not None
    password = "Canary-password-1"
    pool = await make_pool(auto_verified_attributes=["email"])
    client = await make_client(
        pool, generate_secret=True, explicit_auth_flows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    email = {"email": "ann@example.com", "email_verified": "true"}
    user = {
        "UserPoolId": pool.pool_id,
        "UserAttributes": [{"Name": name, "Value": value} for name, value in email.items()],
    }
    await call("AdminCreateUser", Username="ann", DesiredDeliveryMediums=["EMAIL"], **user)
    await call("AdminCreateUser", Username="bob", TemporaryPassword=password, **user)
    await call(
        "AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=password, Permanent=True
    )
    await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")
    access_key = await create_access_key(server.context, "robot")
    keys = await server.context.keys.of_pool(pool.pool_id)

    data = b"".join(path.read_bytes() for path in tmp_path.glob("pool.db*") if path.suffix != ".key")

    assert b"ann@example.com" in data
    secrets = [password, client_secret(server.context, client), access_key.secret_access_key]
    secrets += [message.code for message in server.inbox.messages()]
    assert len(secrets) == 5
    assert [secret for secret in secrets if str(secret).encode() in data] == []
    for key in keys.signing.values():
        private = key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        assert private[100:200] not in data
