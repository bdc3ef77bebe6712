"""Statements: written once, compiled once for each dialect."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, delete, select

from userpool.server.database.query import Query, insert_or_ignore, insert_or_replace
from userpool.server.database.tables import codes, facts, spent

FACT = Query(select(facts.c.value).where(facts.c.name == bindparam("name")))


@pytest.mark.parametrize(("dialect", "mark"), [("sqlite", "?"), ("postgresql", "$1")])
def test_a_statement_is_written_for_each_dialect(dialect: str, mark: str) -> None:
    text, values = FACT.bound(dialect, {"name": "seal_key"})

    assert text.replace("\n", "").endswith(f"name = {mark}") or "$1::VARCHAR" in text
    assert values == ["seal_key"]


def test_a_statement_is_compiled_once() -> None:
    assert FACT.compiled("sqlite") is FACT.compiled("sqlite")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_values_stand_where_the_dialect_wants_them(dialect: str) -> None:
    query = Query(
        delete(codes).where(codes.c.purpose == bindparam("purpose"), codes.c.sub == bindparam("sub"))
    )

    text, values = query.bound(dialect, {"sub": "s", "purpose": "p"})

    assert sorted(values) == ["p", "s"]
    assert text.index("purpose") < text.index("sub")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_a_statement_fixes_itself_need_not_be_given(dialect: str) -> None:
    query = Query(select(facts.c.value).where(facts.c.name == "seal_key").limit(5))

    assert query.bound(dialect, {})[1][:2] == ["seal_key", 5]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_forgotten_parameter_is_an_error_and_not_null(dialect: str) -> None:
    with pytest.raises(KeyError, match="name"):
        FACT.bound(dialect, {"nome": "seal_key"})
    with pytest.raises(KeyError, match="expires_ms"):
        insert_or_ignore(spent).bound(dialect, {"spent_id": "x"})


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_nothing_at_all_may_be_given_for_a_parameter(dialect: str) -> None:
    assert FACT.bound(dialect, {"name": None})[1] == [None]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_statement_may_be_written_by_a_function_of_the_dialect(dialect: str) -> None:
    asked: list[str] = []

    def write(name: str) -> object:
        asked.append(name)
        return select(facts.c.value)

    query = Query(write)  # type: ignore[arg-type]
    query.compiled(dialect)
    query.compiled(dialect)

    assert asked == [dialect]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_an_insert_that_ignores_says_so(dialect: str) -> None:
    text, _ = insert_or_ignore(facts).bound(dialect, {"name": "n", "value": "v"})

    assert text.endswith("ON CONFLICT DO NOTHING")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_an_insert_that_replaces_leaves_the_key_alone(dialect: str) -> None:
    text, _ = insert_or_replace(codes).bound(
        dialect, {"sub": "s", "purpose": "p", "document": "{}", "expires_ms": 1}
    )

    _, _, update = text.partition("DO UPDATE SET ")
    assert "ON CONFLICT (sub, purpose)" in text
    assert "document = excluded.document" in update
    assert "sub" not in update
