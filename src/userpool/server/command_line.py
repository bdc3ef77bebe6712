"""The command line: `userpool serve`, `userpool keys`, `userpool demo`; it lists `userpool credentials`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from userpool.errors import UserPoolError
from userpool.server.settings import Settings
from userpool.server.settings_file import read_settings
from userpool.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DEV_NOTICE = (
    "Development mode: any well-formed AWS signature is accepted and /_userpool/messages shows codes. "
    "Not for real users."
)
NO_SENDER_NOTICE = (
    "No sender of messages is set up: codes wait in the outbox. "
    "Use --dev to read them at /_userpool/messages."
)
NO_MAIL_NOTICE = "No sender of e-mails is set up: they wait in the outbox. Name one with --smtp-url."
NO_SMS_NOTICE = "No sender of text messages is set up: they wait in the outbox. Name one with --sms-url."
FIXED_CODE_NOTICE = "Every code is the fixed one: whoever knows it can confirm anything."

IN_THE_ENVIRONMENT = {
    "database_url": "USERPOOL_DATABASE",
    "seal_key_file": "USERPOOL_SEAL_KEY_FILE",
    "smtp_url": "USERPOOL_SMTP_URL",
    "smtp_from": "USERPOOL_SMTP_FROM",
    "sms_url": "USERPOOL_SMS_URL",
}
"""Settings that the environment may tell, and where; it counts more than the file."""

SERVED = (
    "account_id",
    "allow_plain_messages",
    "allow_plain_triggers",
    "allow_public_dev",
    "custom_sender_key_file",
    "dev",
    "fixed_code",
    "host",
    "lambda_endpoint",
    "port",
    "public_url",
    "region",
    "seal_key_file",
    "sms_url",
    "smtp_from",
    "smtp_url",
    "trigger_key_file",
)
"""Settings with an option of the same name."""


def parser(settings: Mapping[str, Any] | None = None) -> argparse.ArgumentParser:
    """Return the parser of the command line; `settings` count where `serve` and `keys` aren't told otherwise."""
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
    serve.add_argument(
        "--role-action",
        action="append",
        default=[],
        metavar="ROLE_ARN=ACTION",
        help="let temporary credentials with a role call a signed operation, such as cognito-idp:ListUsers; repeatable",
    )
    _trigger_arguments(serve)
    _message_arguments(serve)
    serve.add_argument("--config", metavar="FILE", help="TOML file with settings, one key for each")
    serve.add_argument("--dev", action="store_true", help="accept any AWS signature and show sent codes")
    serve.add_argument("--allow-public-dev", action="store_true", help="let --dev listen on a public address")
    serve.set_defaults(**_defaults(settings or {}))

    _keys_arguments(commands, settings or {})

    # Only listed here: it is the SDK's, and runs where the pool is not installed.
    commands.add_parser(
        "credentials", help="print AWS credentials of somebody who is signed in", add_help=False
    )

    demo = commands.add_parser("demo", help="watch a person sign up, sign in and sign out")
    demo.add_argument("--plain", action="store_true", help="no colours and no pauses")
    return main


def _keys_arguments(commands: Any, settings: Mapping[str, Any]) -> None:
    keys = commands.add_parser("keys", help="manage the access keys that administrators sign with")
    actions = keys.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make an access key and show it once")
    create.add_argument("--name", default="", help="a note on whose it is")
    listing = actions.add_parser("list", help="list access keys, without their secrets")
    delete = actions.add_parser("delete", help="delete an access key")
    delete.add_argument("access_key_id", help="as `userpool keys list` shows it")
    for action in (create, listing, delete):
        _database_arguments(action)
        action.add_argument(
            "--config", metavar="FILE", help="the server's TOML file, which tells its database and its key"
        )
        told = _defaults(settings)
        action.set_defaults(**{name: told[name] for name in ("database", "seal_key_file") if name in told})


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
        help="key that seals secrets in the database ($USERPOOL_SEAL_KEY_FILE; default: beside the SQLite file, "
        "or userpool.key)",
    )


def _trigger_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--trigger",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="where the function of a trigger is, such as PreSignUp=http://..., or that of an ARN; repeatable",
    )
    command.add_argument(
        "--lambda-endpoint",
        metavar="URL",
        help="where other functions are invoked; signed with $AWS_ACCESS_KEY_ID if that is set",
    )
    command.add_argument(
        "--allow-plain-triggers",
        action="store_true",
        help="let events, which carry passwords, go to another machine without TLS",
    )
    command.add_argument(
        "--trigger-key-file", metavar="FILE", help="key under which events to the URLs of triggers are signed"
    )
    command.add_argument(
        "--custom-sender-key-file", metavar="FILE", help="key under which custom senders are told codes"
    )


def _message_arguments(command: argparse.ArgumentParser) -> None:
    # What the environment says isn't shown: it may hold a password.
    told = {name: os.environ.get(variable) or None for name, variable in IN_THE_ENVIRONMENT.items()}
    command.add_argument(
        "--smtp-url",
        metavar="URL",
        default=told["smtp_url"],
        help="mail server: smtps://user:password@host, or smtp://... with STARTTLS ($USERPOOL_SMTP_URL)",
    )
    command.add_argument(
        "--smtp-from",
        metavar="ADDRESS",
        default=told["smtp_from"],
        help="sender of e-mails for pools without one of their own ($USERPOOL_SMTP_FROM)",
    )
    command.add_argument(
        "--sms-url",
        metavar="URL",
        default=told["sms_url"],
        help="where text messages are posted as JSON ($USERPOOL_SMS_URL)",
    )
    command.add_argument(
        "--allow-plain-messages",
        action="store_true",
        help="let messages go to another machine without TLS",
    )
    command.add_argument(
        "--fixed-code", metavar="CODE", help="six digits that every code is; with --dev only"
    )


def _defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "database" if name == "database_url" else name: value
        for name, value in settings.items()
        if not os.environ.get(IN_THE_ENVIRONMENT.get(name, ""))
    }


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
        if given.command == "demo":
            return run_demo(given.plain)
        written = read_settings(given.config) if given.config is not None else {}
        given = parser(written).parse_args(arguments)
        if given.command == "keys":
            return asyncio.run(_keys(given))
        return _serve(served_settings(given, written))
    except UserPoolError as error:
        print(f"userpool: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _settings(given: argparse.Namespace) -> Settings:
    return Settings(database_url=given.database, seal_key_file=given.seal_key_file)


def served_settings(given: argparse.Namespace, written: Mapping[str, Any]) -> Settings:
    """Return the settings to serve with.

    Args:
        given: the command line, read by a parser that knows the file.
        written: what the settings file says.

    Raises:
        SettingsError: they can't work.
    """
    # Options that may be repeated add to what the file says; others stand in its place.
    told: dict[str, Any] = {
        # A key of the file's stands alone: the session token of another would spoil it.
        **({} if "lambda_access_key_id" in written else _lambda_access_key()),
        **written,
        "database_url": given.database,
        "role_actions": {**written.get("role_actions", {}), **_role_actions(given.role_action)},
        "triggers": {**written.get("triggers", {}), **_trigger_urls(given.trigger)},
    }
    return Settings(**told | {name: getattr(given, name) for name in SERVED})


def _serve(settings: Settings) -> int:
    with asyncio.Runner(loop_factory=_new_loop()) as runner:
        runner.run(_serving(settings))
    return 0


def _lambda_access_key() -> dict[str, str | None]:
    names = ("access_key_id", "secret_access_key", "session_token")
    return {f"lambda_{name}": os.environ.get(f"AWS_{name.upper()}") or None for name in names}


def _trigger_urls(pairs: Sequence[str]) -> dict[str, str]:
    # An ARN has no equals sign; an URL may have.
    return {name: url for name, _, url in (pair.partition("=") for pair in pairs)}


def _role_actions(pairs: Sequence[str]) -> dict[str, frozenset[str]]:
    allowed: dict[str, frozenset[str]] = {}
    for pair in pairs:
        role, _, action = pair.partition("=")
        allowed[role] = allowed.get(role, frozenset()) | {action}
    return allowed


def _new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None  # Not on Windows; asyncio's own loop does there.
    return uvloop.new_event_loop


def notices(settings: Settings) -> list[str]:
    """Return what an operator is told when a server starts: what isn't for real users, and which messages wait."""
    if settings.dev:
        return [DEV_NOTICE, FIXED_CODE_NOTICE] if settings.fixed_code is not None else [DEV_NOTICE]
    if settings.smtp_url is None and settings.sms_url is None:
        return [NO_SENDER_NOTICE]
    missing = {NO_MAIL_NOTICE: settings.smtp_url, NO_SMS_NOTICE: settings.sms_url}
    return [notice for notice, url in missing.items() if url is None]


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
        for notice in notices(settings):
            log.warning(notice)
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
