"""The second revision: once released, it stays as it is, whatever becomes of the tables."""

from __future__ import annotations

import ast

import pytest

from userpool.server.database.migrations.runner import VERSIONS, statements

SOURCE = (VERSIONS / "0002_devices_and_identities.py").read_text(encoding="utf-8")


def test_it_imports_nothing_that_goes_on_changing() -> None:
    modules = [node.module for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.ImportFrom)]

    assert modules == ["__future__", "typing", "alembic"]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_it_adds_and_takes_nothing_away(dialect: str) -> None:
    beginnings = {" ".join(statement.split()[:2]) for statement in statements(dialect, "0002")}

    assert beginnings == {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE"}
    assert "ALTER TABLE messages ADD COLUMN leased_until_ms BIGINT" in statements(dialect, "0002")
