"""What an operation may reach: one value a request, handed to every operation first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.server.database.query import Database
    from userpool.server.directory import Directory
    from userpool.server.keys import KeyRing
    from userpool.server.messages.outbox import Outbox
    from userpool.server.sealing import Sealer
    from userpool.server.settings import Settings
    from userpool.server.triggers.runners import Triggers


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of one request."""

    settings: Settings
    effects: Effects
    database: Database
    directory: Directory
    keys: KeyRing
    sealer: Sealer
    outbox: Outbox
    triggers: Triggers
    region: str
    """Region in which a pool made by this request is."""

    @property
    def now_ms(self) -> int:
        """The time in whole milliseconds since the epoch."""
        return int(self.effects.now() * 1000)
