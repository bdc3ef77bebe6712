"""The first revision: once released, it stays as it is, whatever becomes of the tables."""

from __future__ import annotations

import ast

import pytest

from userpool.server.database.migrations.runner import VERSIONS, statements

SOURCE = (VERSIONS / "0001_first_release.py").read_text(encoding="utf-8")


def test_it_imports_nothing_that_goes_on_changing() -> None:
    modules = [node.module for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.ImportFrom)]

    assert modules == ["__future__", "typing", "alembic"]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_it_makes_tables_and_indexes_and_nothing_else(dialect: str) -> None:
    beginnings = {" ".join(statement.split()[:2]) for statement in statements(dialect, "0001")}

    assert beginnings == {"CREATE TABLE", "CREATE INDEX"}
