"""The tables of the first release."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    _pools()
    _users()
    _signing_in()
    _listing()
    _around()


def _text(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _key(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, _text(length), primary_key=True)


def _table(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)


def _pools() -> None:
    _table(
        "pools",
        _key("pool_id", 55),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    _table(
        "clients",
        _key("client_id", 128),
        sa.Column("pool_id", _text(55), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary, nullable=True),
    )
    op.create_index("clients_by_pool", "clients", ["pool_id", "client_id"])
    _table(
        "signing_keys",
        _key("pool_id", 55),
        _key("kid", 44),
        sa.Column("token_use", sa.String(10), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )


def _users() -> None:
    _table(
        "users",
        _key("sub", 36),
        sa.Column("pool_id", _text(55), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    _table(
        "aliases",
        _key("alias_key", 43),
        sa.Column("sub", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
    )
    _table(
        "credentials",
        _key("sub", 36),
        _key("kind", 20),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def _signing_in() -> None:
    _table(
        "codes",
        _key("sub", 36),
        _key("purpose", 64),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    _table(
        "attempts",
        _key("sub", 36),
        _key("kind", 40),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger, nullable=False),
    )
    _table(
        "sessions",
        _key("sub", 36),
        _key("session_id", 36),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    _table("spent", _key("spent_id", 43), sa.Column("expires_ms", sa.BigInteger, nullable=False))


def _listing() -> None:
    _table("user_index", _key("bucket", 64), _key("attribute", 40), _key("value", 256), _key("sub", 36))
    _table(
        "user_counts",
        _key("pool_id", 55),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("users", sa.BigInteger, nullable=False),
    )


def _around() -> None:
    _table(
        "messages",
        _key("message_id", 36),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("messages_by_time", "messages", ["created_ms"])
    _table(
        "access_keys",
        _key("access_key_id", 32),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    _table("facts", _key("name", 40), sa.Column("value", sa.String(128), nullable=False))
