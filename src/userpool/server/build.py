"""Putting a pool server together: the only place where the parts meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from userpool.effects import MachineEffects
from userpool.errors import SettingsError
from userpool.server.access_keys import secret_of_access_key
from userpool.server.context import Context
from userpool.server.database.opening import open_database, sqlite_path
from userpool.server.database.sqlite import MEMORY
from userpool.server.directory import Directory
from userpool.server.http.rpc import Rpc
from userpool.server.keys import KeyRing, check_root_key, is_sealed, load_root_key, make_private_key
from userpool.server.messages.inbox import Inbox
from userpool.server.messages.opening import open_carriers
from userpool.server.messages.outbox import Outbox
from userpool.server.sealing import ROOT_KEY_BYTES, Sealer
from userpool.server.sweeping import Sweeper
from userpool.server.triggers.custom_sender import CustomSenders
from userpool.server.triggers.opening import open_triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from userpool.effects import Effects
    from userpool.server.database.query import Database
    from userpool.server.keys import PrivateKey
    from userpool.server.messages.opening import Carriers
    from userpool.server.settings import Settings
    from userpool.server.triggers.callables import TriggerFunction


class Server:
    """A running pool server without a network: operations are called through `rpc`."""

    def __init__(self, context: Context, inbox: Inbox | None, carriers: Carriers) -> None:
        """Take what `open_server` made."""
        self.context = context
        self.inbox = inbox
        self._carriers = carriers
        self._contexts = {context.region: context}
        self.rpc = Rpc(
            context.settings, self.context_for, lambda key_id: secret_of_access_key(context, key_id)
        )
        self._sweeper = Sweeper(context.database, context.effects)

    def context_for(self, region: str | None) -> Context:
        """Return the surroundings of a request to a region (None: the one of the settings)."""
        found = self._contexts.get(region or self.context.region)
        if found is None:
            found = Context(
                settings=self.context.settings,
                effects=self.context.effects,
                database=self.context.database,
                directory=self.context.directory,
                keys=self.context.keys,
                sealer=self.context.sealer,
                outbox=self.context.outbox,
                triggers=self.context.triggers,
                region=region or self.context.region,
            )
            # There are some forty regions; a caller who makes more up doesn't fill the memory with them.
            if len(self._contexts) < 100:
                self._contexts[found.region] = found
        return found

    def start(self) -> None:
        """Begin the work in the background: messages and the sweeping of what has expired."""
        self.context.outbox.start()
        self._sweeper.start()

    async def close(self) -> None:
        """Finish the work in the background and close the database."""
        await self._sweeper.stop()
        await self.context.outbox.stop()
        await self._carriers.close()
        await self.context.triggers.close()
        await self.context.database.close()


async def open_server(
    settings: Settings,
    *,
    effects: Effects | None = None,
    inbox: Inbox | None = None,
    triggers: Mapping[str, TriggerFunction] | None = None,
    make_key: Callable[[], PrivateKey] = make_private_key,
) -> Server:
    """Open the database and make a server of it.

    Args:
        settings: how it is to behave.
        effects: clock and entropy; the machine's by default.
        inbox: where messages go for which the settings name no sender; None outside development, where those wait.
        triggers: Python functions that pools may have as triggers, by the ARN of a function or the name of a trigger.
        make_key: makes the signing keys of pools.

    Raises:
        SettingsError: a setting can't work with this database.
    """
    effects = effects or MachineEffects()
    if inbox is None and settings.dev:
        inbox = Inbox()
    database: Database = await open_database(settings.database_url)
    try:
        root_key = _root_key(settings, effects, make=not await is_sealed(database))
        sealer = Sealer(root_key, effects)
        await check_root_key(database, sealer)
        sender_key = _key_in(settings.custom_sender_key_file, effects)
        trigger_key = _key_in(settings.trigger_key_file, effects)
        directory = Directory(database, effects)
        runners = open_triggers(settings, effects, functions=triggers, signing_key=trigger_key)
        carriers = open_carriers(settings, directory, inbox=inbox)
    except BaseException:
        await database.close()
        raise
    senders = CustomSenders(
        runners, effects, directory=directory, database=database, key=sender_key, in_clear=settings.dev
    )
    context = Context(
        settings=settings,
        effects=effects,
        database=database,
        directory=directory,
        keys=KeyRing(database, sealer, effects, make=make_key),
        sealer=sealer,
        outbox=Outbox(
            database,
            sealer,
            effects=effects,
            senders={**carriers.by_carrier, "CustomEmailSender": senders, "CustomSMSSender": senders},
        ),
        triggers=runners,
        region=settings.region,
    )
    server = Server(context, inbox, carriers)
    server.start()
    return server


def _key_in(path: str | None, effects: Effects) -> bytes | None:
    return None if path is None else load_root_key(Path(path), effects, make=False)


def _root_key(settings: Settings, effects: Effects, *, make: bool) -> bytes:
    if settings.seal_key_file is not None:
        return load_root_key(Path(settings.seal_key_file), effects, make=make)
    path = sqlite_path(settings.database_url)
    if path == MEMORY:
        return effects.random_bytes(ROOT_KEY_BYTES)
    # Beside a SQLite file, or in the working folder for a database elsewhere: never in the database itself.
    file = Path(f"{path}.key" if path is not None else "userpool.key")
    if not make and not file.exists():
        raise SettingsError(
            f"The secrets in this database are sealed, and their key isn't in {file}: name its file by seal_key_file."
        )
    return load_root_key(file, effects, make=make)
