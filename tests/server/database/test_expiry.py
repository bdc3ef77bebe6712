"""Every table whose rows have an end is swept."""

from __future__ import annotations

from userpool.server.database.expiry import EXPIRING
from userpool.server.database.tables import metadata


def test_every_table_with_an_end_of_its_rows_is_swept() -> None:
    with_an_end = {
        table.name
        for table in metadata.sorted_tables
        if {"expires_ms", "since_ms"} & set(table.columns.keys())
    }

    # A message has no end of its own: it is given up when it has waited for too long.
    assert {table.name for table in EXPIRING} == with_an_end | {"messages"}


def test_a_slice_begins_after_its_key_and_no_statement_counts_rows_away() -> None:
    for table in EXPIRING:
        text, names, _ = table.slice.compiled("postgresql")

        assert "OFFSET" not in text
        assert {f"after_{key}" for key in table.keys} <= set(names)
