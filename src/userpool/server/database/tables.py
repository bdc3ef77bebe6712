"""The tables: what a pool remembers, laid out to run unchanged from SQLite to a distributed SQL database.

Rules of the room, so that any row can live on any machine:

- The first key column spreads the rows: the random `sub` for what belongs to a user, a digest for look-ups.
- No foreign keys, sequences, triggers, savepoint-dependent logic, partial indexes or collation-dependent comparison.
- Ids and times are made in Python; instants are whole milliseconds since the epoch (`..._ms`).
- Documents are JSON text, written and read whole; what must be searched has a row in `user_index`.
- Secrets are sealed (`..._sealed`) before they come here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

SCHEMA_VERSION = "0002"
"""Revision that these tables equal; the newest file of `migrations/versions`."""

SCHEMA_FACT = "schema_version"
"""Name of the fact that says which revision a database has."""

metadata = MetaData()


def _table(name: str, *columns: Column[object] | Index) -> Table:
    # WITHOUT ROWID clusters a SQLite table by its primary key, as the distributed databases do.
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


def _text(length: int) -> String:
    # Keys are compared byte by byte everywhere; a locale's order would break ranges and differ between machines.
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _key(name: str, length: int) -> Column[object]:
    return Column(name, _text(length), primary_key=True)


pools = _table(
    "pools",
    _key("pool_id", 55),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

clients = _table(
    "clients",
    _key("client_id", 128),
    Column("pool_id", _text(55), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("secret_sealed", LargeBinary, nullable=True),
    Index("clients_by_pool", "pool_id", "client_id"),
)

users = _table(
    "users",
    _key("sub", 36),
    Column("pool_id", _text(55), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

aliases = _table(
    "aliases",
    _key("alias_key", 43),  # base64url of the SHA-256 of pool, kind and normalised value: never long
    Column("sub", String(36), nullable=False),
    Column("kind", String(20), nullable=False),
)

credentials = _table(
    "credentials",
    _key("sub", 36),
    _key("kind", 20),
    Column("sealed", LargeBinary, nullable=False),
)

codes = _table(
    "codes",
    _key("sub", 36),
    _key("purpose", 64),  # sign_up, forgot_password, attribute:email, attribute:phone_number
    Column("document", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

attempts = _table(
    "attempts",
    _key("sub", 36),
    _key("kind", 40),  # password, or the name of an operation with an hourly limit
    Column("failures", Integer, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("locked_until_ms", BigInteger, nullable=False),
)

sessions = _table(
    "sessions",
    _key("sub", 36),
    _key("session_id", 36),  # the origin_jti of the tokens
    Column("client_id", String(128), nullable=False),
    Column("document", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

spent = _table(
    "spent",
    _key("spent_id", 43),
    Column("expires_ms", BigInteger, nullable=False),
)

user_index = _table(
    "user_index",
    _key("bucket", 64),  # a pool's users, divided so that one pool can live on several machines
    _key("attribute", 40),
    _key("value", 256),
    _key("sub", 36),
)

user_counts = _table(
    "user_counts",
    _key("pool_id", 55),
    Column("shard", Integer, primary_key=True, autoincrement=False),  # one row of several, against a hot row
    Column("users", BigInteger, nullable=False),
)

signing_keys = _table(
    "signing_keys",
    _key("pool_id", 55),
    _key("kid", 44),
    Column("token_use", String(10), nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

messages = _table(
    "messages",
    _key("message_id", 36),
    Column("created_ms", BigInteger, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("leased_until_ms", BigInteger, nullable=True),  # a server is delivering it until then
    Index("messages_by_time", "created_ms"),
)

devices = _table(
    "devices",
    _key("sub", 36),
    _key("device_key", 55),
    Column("document", Text, nullable=False),
    Column("verifier_sealed", LargeBinary, nullable=True),
)

identity_pools = _table(
    "identity_pools",
    _key("identity_pool_id", 55),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

identities = _table(
    "identities",
    _key("identity_id", 55),
    Column("identity_pool_id", _text(55), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Index("identities_by_pool", "identity_pool_id", "identity_id"),
)

identity_logins = _table(
    "identity_logins",
    _key("login_key", 43),  # base64url of the SHA-256 of identity pool, provider and the user's id there
    Column("identity_id", String(55), nullable=False),
)

access_keys = _table(
    "access_keys",
    _key("access_key_id", 32),
    Column("name", String(128), nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

facts = _table(
    "facts",
    _key("name", 40),  # schema_version, seal_key
    Column("value", String(128), nullable=False),
)
