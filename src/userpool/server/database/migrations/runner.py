"""Running the migrations: the statements of each revision, by Alembic, run by our own drivers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from userpool.errors import SettingsError
from userpool.server.database.keys import add_fact, move_fact
from userpool.server.database.query import DIALECTS
from userpool.server.database.tables import SCHEMA_FACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.database.query import Database, Transaction

VERSIONS = Path(__file__).parent / "versions"


def history(versions: Path = VERSIONS) -> list[str]:
    """Return the ids of all revisions, oldest first."""
    return [script.revision for script in reversed(list(_scripts(versions).walk_revisions()))]


def statements(dialect: str, revision: str, *, versions: Path = VERSIONS) -> list[str]:
    """Return what a revision does to the schema of a database of this dialect."""
    script = _scripts(versions).get_revision(revision)
    writing = _Statements()
    context = MigrationContext.configure(
        dialect=DIALECTS[dialect], opts={"as_sql": True, "output_buffer": writing}
    )
    with Operations.context(context):
        script.module.upgrade()
    return writing.found


async def upgrade(database: Database, dialect: str, *, after: str | None, versions: Path = VERSIONS) -> None:
    """Bring a database up to date, revision by revision, each in one transaction.

    Another server may do the same at the same time: each revision is run by one of them.

    Args:
        database: which one.
        dialect: of which kind it is.
        after: the revision that it has; None for an empty database.
        versions: the folder of the revisions.

    Raises:
        SettingsError: its revision is none of ours.
    """
    revisions = history(versions)
    if after is not None and after not in revisions:
        raise SettingsError(f"The database has schema {after}, from which no migration is known.")
    steps = [None, *revisions][0 if after is None else revisions.index(after) + 1 :]
    for before, revision in pairwise(steps):
        wanted = statements(dialect, str(revision), versions=versions)

        async def step(
            transaction: Transaction,
            before: str | None = before,
            revision: str = str(revision),
            wanted: Sequence[str] = wanted,
        ) -> None:
            # The fact is changed first: of two servers, the second waits here, or is told to try again and
            # then sees that there is nothing left to do.
            moved = before is None or await move_fact(transaction, SCHEMA_FACT, before=before, after=revision)
            if not moved:
                return
            for statement in wanted:
                await transaction.define(statement)
            if before is None:
                await add_fact(transaction, SCHEMA_FACT, revision)

        await database.write_schema(step)


class _Statements:
    """What Alembic takes for a file; it writes one statement at a time."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def write(self, text: str) -> None:
        self.found.append(text.strip().removesuffix(";"))

    def flush(self) -> None:
        """There is nothing to wait for."""


def _scripts(versions: Path) -> ScriptDirectory:
    return ScriptDirectory(str(versions.parent), version_locations=[str(versions)])
