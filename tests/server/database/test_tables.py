"""The schema and its statements obey what lets them run unchanged on many machines."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text
from sqlalchemy.schema import CreateIndex, CreateTable

from userpool.server import database
from userpool.server.database.expiry import EXPIRING
from userpool.server.database.query import DIALECTS, Query
from userpool.server.database.tables import metadata

TABLES = metadata.sorted_tables
COLUMNS = [column for table in TABLES for column in table.columns]

# Statements that look at many machines, each with its reason; every other one names the first key of its table.
FAN_OUT: dict[str, str] = {
    "expiry.codes": "the background asks, slice by slice",
    "expiry.messages": "the background asks, slice by slice",
    "expiry.sessions": "the background asks, slice by slice",
    "expiry.spent": "the background asks, slice by slice",
    "expiry.attempts": "the background asks, slice by slice",
    "identities._IDENTITIES_AFTER": "an administrator's listing, by an index",
    "identities._POOLS_AFTER": "an administrator's listing, in the order of the key",
    "keys._LIST_ACCESS_KEYS": "an administrator's listing; there are few",
    "outbox._WAITING": "the background asks, not a person",
    "pools._CLIENTS_AFTER": "an administrator's listing, by an index",
    "pools._POOLS_AFTER": "an administrator's listing, in the order of the key",
    "users._USERS_BY_SUB": "an administrator's search, by a range of the key",
}


READS_THROUGH = {
    "keys._LIST_ACCESS_KEYS": "an administrator's listing; there are few",
    "opening._HAS_FACTS": "the catalogue, which has no index",
}


def queries() -> Iterator[tuple[str, Query]]:
    """Yield every statement of the room under the name of its module and its own."""
    for module in iter_modules(database.__path__):
        if module.ispkg:
            continue
        for name, value in vars(import_module(f"{database.__name__}.{module.name}")).items():
            listed = value if isinstance(value, list) else [value]
            for query in listed:
                if isinstance(query, Query):
                    yield f"{module.name}.{name}", query
    for table in EXPIRING:
        yield f"expiry.{table.name}", table.slice
        yield f"expiry.{table.name}.forget", table.forget


@pytest.fixture(scope="module")
def catalogue() -> Iterator[sqlite3.Connection]:
    """A database with the tables and no rows."""
    connection = sqlite3.connect(":memory:")
    for table in TABLES:
        connection.execute(str(CreateTable(table).compile(dialect=DIALECTS["sqlite"])))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=DIALECTS["sqlite"])))
    yield connection
    connection.close()


def plan(query: Query, catalogue: sqlite3.Connection) -> list[str]:
    """Return how SQLite would find the rows of a statement; nothing for one that only adds a row."""
    text, names, _ = query.compiled("sqlite")
    steps = catalogue.execute(f"EXPLAIN QUERY PLAN {text}", ["1"] * len(names)).fetchall()
    return [step[3] for step in steps if step[3].startswith(("SEARCH", "SCAN"))]


QUERIES = [pytest.param(name, query, id=name) for name, query in queries()]


# ---- tables ----


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_table_is_bound_to_no_other_and_checks_nothing_itself(table: Table) -> None:
    assert table.foreign_key_constraints == set()
    assert {type(constraint).__name__ for constraint in table.constraints} == {"PrimaryKeyConstraint"}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_table_is_clustered_by_its_key_in_sqlite_too(table: Table) -> None:
    text = str(CreateTable(table).compile(dialect=DIALECTS["sqlite"]))

    assert text.rstrip().endswith("WITHOUT ROWID")


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_nothing_in_a_row_is_made_by_the_database(column: Column[object]) -> None:
    assert column.server_default is None
    assert column.server_onupdate is None
    assert column.default is None
    assert column.identity is None
    assert column.computed is None
    assert column.table.autoincrement_column is None


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_column_is_of_a_kind_that_every_database_has(column: Column[object]) -> None:
    assert type(column.type) in {String, Text, Integer, BigInteger, LargeBinary}


@pytest.mark.parametrize("column", [column for column in COLUMNS if column.name.endswith("_ms")], ids=str)
def test_an_instant_is_a_number_of_milliseconds(column: Column[object]) -> None:
    assert type(column.type) is BigInteger


KEYS = [column for column in COLUMNS if column.primary_key and isinstance(column.type, String)]


@pytest.mark.parametrize("column", KEYS, ids=str)
def test_keys_are_compared_byte_by_byte(column: Column[object]) -> None:
    text = str(CreateTable(column.table).compile(dialect=DIALECTS["postgresql"]))

    assert re.search(rf'\b{column.name} VARCHAR\([0-9]+\) COLLATE "C" NOT NULL', text)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_key_is_short_enough_for_every_database(table: Table) -> None:
    lengths = [column.type.length or 0 for column in table.primary_key if isinstance(column.type, String)]

    # Four bytes a character at worst, in a kilobyte, save for values of the index, which are cut when written.
    assert len(lengths) <= 8
    assert sum(lengths) * 4 <= 1_024 or table.name == "user_index"


@pytest.mark.parametrize(
    "index", [index for table in TABLES for index in table.indexes], ids=lambda i: i.name
)
def test_an_index_is_plain(index: object) -> None:
    for dialect in DIALECTS.values():
        text = str(CreateIndex(index).compile(dialect=dialect))  # type: ignore[arg-type]

        assert re.fullmatch(r"CREATE INDEX \w+ ON \w+ \([\w, ]+\)", text)


# ---- statements ----


@pytest.mark.parametrize(("name", "query"), QUERIES)
def test_a_statement_names_the_first_key_of_its_table_or_is_in_a_short_list(
    name: str, query: Query, catalogue: sqlite3.Connection
) -> None:
    steps = plan(query, catalogue)
    if not steps or name in READS_THROUGH:
        return
    table = metadata.tables[steps[0].split()[1]]

    named = f"({next(iter(table.primary_key)).name}=?" in steps[0]

    assert named != (name in FAN_OUT)


def test_the_short_list_has_nothing_else_in_it() -> None:
    assert set(FAN_OUT) - {name for name, _ in queries()} == set()


@pytest.mark.parametrize(("name", "query"), QUERIES)
def test_a_statement_looks_its_rows_up_and_reads_through_no_table(
    name: str, query: Query, catalogue: sqlite3.Connection
) -> None:
    scans = [step for step in plan(query, catalogue) if step.startswith("SCAN")]

    assert bool(scans) == (name in READS_THROUGH)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(("name", "query"), QUERIES)
def test_a_statement_uses_nothing_that_some_database_lacks(name: str, query: Query, dialect: str) -> None:
    text = query.compiled(dialect)[0].upper()

    # SQLite is told "OFFSET 0" where there is no offset.
    forbidden = (
        r"OFFSET (?!\?)|COUNT\(|ILIKE|FOR UPDATE|SAVEPOINT|LOCK |RANDOM\(|NOW\(|->|JSON|RETURNING|NEXTVAL"
    )
    assert re.search(forbidden, text) is None
    assert "SELECT *" not in text


@pytest.mark.parametrize(("name", "query"), QUERIES)
def test_values_are_bound_and_never_written_into_the_text(name: str, query: Query) -> None:
    for dialect in DIALECTS:
        assert "'" not in query.compiled(dialect)[0]
