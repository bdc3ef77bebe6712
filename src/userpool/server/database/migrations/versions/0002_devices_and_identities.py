"""Remembered devices, identity pools, and who is delivering a message."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the new tables, and note at each message until when a server is delivering it."""
    _table(
        "devices",
        _key("sub", 36),
        _key("device_key", 55),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("verifier_sealed", sa.LargeBinary, nullable=True),
    )
    _table(
        "identity_pools",
        _key("identity_pool_id", 55),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    _table(
        "identities",
        _key("identity_id", 55),
        sa.Column("identity_pool_id", _text(55), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("identities_by_pool", "identities", ["identity_pool_id", "identity_id"])
    _table("identity_logins", _key("login_key", 43), sa.Column("identity_id", sa.String(55), nullable=False))
    op.add_column("messages", sa.Column("leased_until_ms", sa.BigInteger, nullable=True))


def _text(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _key(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, _text(length), primary_key=True)


def _table(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)
