"""The servers that are measured: how each is started, when it counts as ready, how it is stopped.

The others are black boxes: started as their manuals say, with their default settings, and spoken to over
HTTP. The one setting that is changed lets cognito-local take user names that are not e-mail addresses.
Nothing here knows, or may learn, how they work inside.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connection import Connection
from places import NODE_PACKAGES, OTHERS, OURS, missing
from processes import cpu_seconds, family, resident_megabytes

START_TIMEOUT = 60.0
"""Seconds a server may take to answer at all."""


@dataclass(frozen=True)
class Kind:
    """One kind of server: the program, what it is started with, and the path that says it is ready."""

    name: str
    program: Path
    arguments: Callable[[int, Path], list[str]]
    environment: Callable[[int, Path], Mapping[str, str]]
    ready_path: str
    configuration: tuple[str, str] | None = None
    """A file of settings in the server's folder, path and content, for what no argument can say."""


@dataclass
class Server:
    """A server that runs: where it listens and what it has cost."""

    kind: Kind
    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    ready_seconds: float
    _family: list[int] = field(default_factory=list[int])

    @property
    def name(self) -> str:
        """The name it goes by in the table."""
        return self.kind.name

    def remember_family(self) -> None:
        """Look up once which processes belong to the server, so that reading its clocks stays cheap."""
        self._family = family(self.process.pid)

    def cpu_seconds(self) -> float:
        """CPU time spent so far by the processes last looked up."""
        return cpu_seconds(self._family or family(self.process.pid))

    def resident_megabytes(self) -> float:
        """Memory held now by all its processes."""
        return resident_megabytes(family(self.process.pid))


def _nothing(_port: int, _folder: Path) -> dict[str, str]:
    return {}


USERPOOL = Kind(
    name="userpool",
    program=OURS / "userpool",
    arguments=lambda port, folder: [
        "serve",
        "--dev",
        "--port",
        str(port),
        "--database",
        f"sqlite:///{folder / 'pool.db'}",
    ],
    environment=_nothing,
    ready_path="/health",
)
MOTO = Kind(
    name="moto",
    program=OTHERS / "moto_server",
    arguments=lambda port, _folder: ["-H", "127.0.0.1", "-p", str(port)],
    environment=_nothing,
    ready_path="/moto-api/",
)
MINISTACK = Kind(
    name="ministack",
    program=OTHERS / "ministack",
    arguments=lambda _port, _folder: [],
    environment=lambda port, _folder: {"GATEWAY_PORT": str(port)},
    ready_path="/_ministack/health",
)
COGNITO_LOCAL = Kind(
    name="cognito-local",
    program=NODE_PACKAGES / ".bin" / "cognito-local",
    arguments=lambda _port, _folder: [],
    environment=lambda port, _folder: {"PORT": str(port)},
    ready_path="/health",
    configuration=(".cognito/config.json", '{"UserPoolDefaults": {"UsernameAttributes": []}}'),
)
OTHER_KINDS = (MOTO, MINISTACK, COGNITO_LOCAL)


def userpool_is_missing() -> str:
    """Say what of our server is not built yet; empty when it can be started."""
    return missing("src/userpool/__main__.py")


@contextmanager
def running(kind: Kind) -> Generator[Server]:
    """Start a server on a free port with an empty folder; stop it and remove the folder at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{kind.name}-"))
    try:
        server = start(kind, folder=folder)
        try:
            yield server
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(kind: Kind, *, folder: Path, port: int | None = None) -> Server:
    """Start a server and return when it answers; `ready_seconds` runs from before the spawn."""
    if not kind.program.exists():
        raise RuntimeError(f"{kind.name} is not installed: there is no {kind.program}")
    port = port or _free_port()
    if kind.configuration is not None:
        path = folder / kind.configuration[0]
        path.parent.mkdir(exist_ok=True)
        path.write_text(kind.configuration[1])
    command = [str(kind.program), *kind.arguments(port, folder)]
    with (folder / "server.log").open("ab") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **kind.environment(port, folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(kind, port, process, folder, 0.0)
    try:
        _wait_until_ready(server, deadline=began + START_TIMEOUT)
    except BaseException:
        stop(server)
        raise
    server.ready_seconds = time.perf_counter() - began
    server.remember_family()
    return server


def stop(server: Server, *, at_once: bool = False) -> None:
    """Stop the server's own process group: politely first, or with SIGKILL alone when `at_once`."""
    if server.process.returncode is not None:
        return  # It has ended and was waited for, so its number may be somebody else's by now.
    for number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.process.pid, number)
        except ProcessLookupError:
            break
        try:
            server.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue
    server.process.wait()


def _wait_until_ready(server: Server, *, deadline: float) -> None:
    request = f"GET {server.kind.ready_path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    while time.perf_counter() < deadline:
        if server.process.poll() is not None:
            log = (server.folder / "server.log").read_text(errors="replace")[-400:]
            raise RuntimeError(f"{server.name} ended before it answered: {log}")
        connection = Connection(server.port)
        try:
            connection.exchange(request)
            return
        except (OSError, EOFError):
            time.sleep(0.005)
        finally:
            connection.close()
    raise RuntimeError(f"{server.name} did not answer within {START_TIMEOUT:.0f} s")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
