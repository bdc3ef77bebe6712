"""A statement, written once with SQLAlchemy Core and compiled once per dialect.

The drivers run the compiled text themselves: building and compiling per call, and SQLAlchemy's own connection
layer, cost more than the databases here take to answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sqlalchemy import Table
    from sqlalchemy.engine.interfaces import Dialect
    from sqlalchemy.sql import ClauseElement

Row = tuple[Any, ...]
T = TypeVar("T")


def _made(kind: Callable[[], Dialect]) -> Dialect:
    return kind()  # Whether a dialect's own constructor is typed depends on which stubs are installed.


DIALECTS: dict[str, Dialect] = {
    "sqlite": _made(sqlite.dialect),
    "postgresql": _made(postgresql_asyncpg.dialect),
}


class Query:
    """One statement with named parameters."""

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: ClauseElement | Callable[[str], ClauseElement]) -> None:
        """Take a Core statement, or a function from the dialect's name to one where the dialects differ."""
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}

    def compiled(self, dialect: str) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """Return the text, the names of its parameters in order, and the values that it fixes itself."""
        found = self._compiled.get(dialect)
        if found is None:
            statement = self._statement(dialect) if callable(self._statement) else self._statement
            compiled = statement.compile(dialect=DIALECTS[dialect])
            assert isinstance(compiled, SQLCompiler)  # noqa: S101  # What a statement compiles to.
            names = tuple(compiled.positiontup or ())
            # A parameter that is to be given at each call has no value here, not even NULL.
            fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
            found = self._compiled[dialect] = (str(compiled), names, fixed)
        return found

    def bound(self, dialect: str, parameters: dict[str, Any]) -> tuple[str, list[Any]]:
        """Return the text and the positional values for one call.

        Raises:
            KeyError: a parameter is missing.
        """
        text, names, fixed = self.compiled(dialect)
        return text, [parameters[name] if name in parameters else fixed[name] for name in names]


class Transaction(Protocol):
    """What the query functions of this room need: run a statement, get rows or a count."""

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """Return the first row, or None."""
        ...

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Return all rows."""
        ...

    async def run(self, query: Query, **parameters: Any) -> int:
        """Run a statement that returns no rows; return how many it changed."""
        ...

    async def run_for_each(self, query: Query, rows: Iterable[dict[str, Any]]) -> None:
        """Run a statement that returns no rows once for each set of parameters."""
        ...

    async def define(self, statement: str) -> None:
        """Run a statement that defines a part of the schema."""
        ...


class Database(Protocol):
    """A database a pool lives in.

    `reader` runs single statements that see what is committed. `write` runs a function in one transaction and returns
    when it is on disk; the function may run several times (a conflict with another writer), so it must do nothing but
    read and write through the transaction it is given, and await nothing else.
    """

    reader: Transaction

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a transaction, again if the database asks for it, and commit."""
        ...

    async def write_schema(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Like `write`, for work that defines the schema; again also if another server defined it meanwhile."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


def insert_or_ignore(table: Table) -> Query:
    """Return an INSERT of a whole row that changes nothing when the key is taken; the count tells which."""

    def statement(dialect: str) -> ClauseElement:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        return insert(table).on_conflict_do_nothing()

    return Query(statement)


def insert_or_replace(table: Table) -> Query:
    """Return an INSERT of a whole row that overwrites the row with the same key."""

    def statement(dialect: str) -> ClauseElement:
        insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
        keys = [column.name for column in table.primary_key]
        values = {
            column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys
        }
        return insert.on_conflict_do_update(index_elements=keys, set_=values)

    return Query(statement)
