"""The command line: `userpool serve`, `userpool keys`, `userpool demo`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from userpool.errors import UserPoolError
from userpool.server.settings import Settings
from userpool.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEV_NOTICE = (
    "Development mode: any well-formed AWS signature is accepted and /_userpool/messages shows codes. "
    "Not for real users."
)
NO_SENDER_NOTICE = (
    "No sender of messages is set up: codes wait in the outbox. "
    "Use --dev to read them at /_userpool/messages."
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    main = argparse.ArgumentParser(
        prog="userpool", description="A user pool of your own that speaks Cognito's protocol."
    )
    main.add_argument("--version", action="version", version=f"userpool {__version__}")
    commands = main.add_subparsers(dest="command", required=True)

    serve = commands.add_parser("serve", help="run a pool server")
    _database_arguments(serve)
    serve.add_argument("--host", default=Settings.host, help="address to listen on (default: %(default)s)")
    serve.add_argument(
        "--port",
        type=int,
        default=Settings.port,
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    serve.add_argument("--region", default=Settings.region, help="region of pools (default: %(default)s)")
    serve.add_argument(
        "--account-id", default=Settings.account_id, help="account in ARNs (default: %(default)s)"
    )
    serve.add_argument(
        "--public-url", help="origin under which clients reach this server; it issues tokens then"
    )
    serve.add_argument("--dev", action="store_true", help="accept any AWS signature and show sent codes")
    serve.add_argument("--allow-public-dev", action="store_true", help="let --dev listen on a public address")

    keys = commands.add_parser("keys", help="manage the access keys that administrators sign with")
    actions = keys.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make an access key and show it once")
    create.add_argument("--name", default="", help="a note on whose it is")
    listing = actions.add_parser("list", help="list access keys, without their secrets")
    delete = actions.add_parser("delete", help="delete an access key")
    delete.add_argument("access_key_id")
    for action in (create, listing, delete):
        _database_arguments(action)

    demo = commands.add_parser("demo", help="watch a person sign up, sign in and sign out")
    demo.add_argument("--plain", action="store_true", help="no colours and no pauses")
    return main


def _database_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("USERPOOL_DATABASE", Settings.database_url),
        # What the environment says isn't shown: it may hold a password.
        help=f"sqlite:///file.db or postgresql://... ($USERPOOL_DATABASE; default: {Settings.database_url})",
    )
    command.add_argument(
        "--seal-key-file",
        metavar="FILE",
        default=os.environ.get("USERPOOL_SEAL_KEY_FILE"),
        help="key that seals secrets in the database ($USERPOOL_SEAL_KEY_FILE; default: beside the SQLite file)",
    )


def main(arguments: Sequence[str] | None = None, *, run_demo: Callable[[bool], int]) -> int:
    """Run a command; return the exit status.

    Args:
        arguments: of the command line; the process's own by default.
        run_demo: shows the demo, plainly if told so; the server doesn't know the SDK that it is about.
    """
    given = parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        if given.command == "serve":
            return _serve(given)
        if given.command == "keys":
            return asyncio.run(_keys(given))
        return run_demo(given.plain)
    except UserPoolError as error:
        print(f"userpool: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _settings(given: argparse.Namespace) -> Settings:
    return Settings(database_url=given.database, seal_key_file=given.seal_key_file)


def _serve(given: argparse.Namespace) -> int:
    settings = replace(
        _settings(given),
        host=given.host,
        port=given.port,
        region=given.region,
        account_id=given.account_id,
        public_url=given.public_url,
        dev=given.dev,
        allow_public_dev=given.allow_public_dev,
    )
    with asyncio.Runner(loop_factory=_new_loop()) as runner:
        runner.run(_serving(settings))
    return 0


def _new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None  # Not on Windows; asyncio's own loop does there.
    return uvloop.new_event_loop


async def _serving(settings: Settings) -> None:
    from userpool.server.build import open_server
    from userpool.server.http.serving import Door, listen, serve_until

    log = logging.getLogger("userpool")
    listening = listen(settings.host, settings.port)
    try:
        server = await open_server(settings)
    except BaseException:
        listening.close()
        raise
    try:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt.
                loop.add_signal_handler(number, stop.set)
        log.warning(DEV_NOTICE if settings.dev else NO_SENDER_NOTICE)
        door = Door(server.context, server.rpc, server.inbox, listening)
        await serve_until(
            door, stop, ready=lambda origin: print(f"userpool is ready at {origin}", flush=True)
        )
    finally:
        await server.close()


async def _keys(given: argparse.Namespace) -> int:
    from userpool.server.access_keys import create_access_key, delete_access_key, list_access_keys
    from userpool.server.build import open_server

    server = await open_server(_settings(given))
    try:
        if given.action == "create":
            key = await create_access_key(server.context, given.name)
            print(f"AWS_ACCESS_KEY_ID={key.access_key_id}\nAWS_SECRET_ACCESS_KEY={key.secret_access_key}")
        elif given.action == "list":
            for known in await list_access_keys(server.context):
                print(f"{known.access_key_id}  {known.name}")
        elif not await delete_access_key(server.context, given.access_key_id):
            print(f"userpool: there is no access key {given.access_key_id}", file=sys.stderr)
            return 1
    finally:
        await server.close()
    return 0
