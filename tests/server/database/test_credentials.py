"""Credentials, codes and counts of a user in the database."""

from __future__ import annotations

import pytest

from userpool.server.database.credentials import (
    attempts_of,
    code_of,
    delete_attempts,
    delete_code,
    delete_credential,
    put_attempts,
    put_code,
    put_credential,
    sealed_credential,
)
from userpool.server.database.query import Database, Transaction
from userpool.server.records import Attempts, Code

pytestmark = pytest.mark.anyio

ANN, BOB = "sub of ann", "sub of bob"


async def test_a_credential_replaces_the_one_before(database: Database) -> None:
    async def put(transaction: Transaction) -> None:
        await put_credential(transaction, ANN, "password", sealed=b"old")
        await put_credential(transaction, BOB, "password", sealed=b"bob's")
        await put_credential(transaction, ANN, "password", sealed=b"\x00new")

    await database.write(put)

    assert await sealed_credential(database.reader, ANN, "password") == b"\x00new"
    assert await sealed_credential(database.reader, BOB, "password") == b"bob's"
    assert await sealed_credential(database.reader, ANN, "passkey") is None


async def test_a_forgotten_credential_is_gone(database: Database) -> None:
    async def put(transaction: Transaction) -> None:
        await put_credential(transaction, ANN, "password", sealed=b"password")
        await put_credential(transaction, ANN, "totp", sealed=b"seed")

    await database.write(put)

    await database.write(lambda transaction: delete_credential(transaction, ANN, "totp"))

    assert await sealed_credential(database.reader, ANN, "totp") is None
    assert await sealed_credential(database.reader, ANN, "password") == b"password"


async def test_a_code_replaces_the_one_before_of_the_same_purpose(database: Database) -> None:
    async def put(transaction: Transaction) -> None:
        await put_code(transaction, ANN, "sign_up", code=Code(digest="old"), expires_ms=1)
        await put_code(transaction, ANN, "forgot_password", code=Code(digest="other"), expires_ms=2)
        await put_code(transaction, ANN, "sign_up", code=Code(digest="new", wrong_tries=3), expires_ms=2**41)

    await database.write(put)

    assert await code_of(database.reader, ANN, "sign_up") == (Code(digest="new", wrong_tries=3), 2**41)
    assert await code_of(database.reader, ANN, "forgot_password") == (Code(digest="other"), 2)
    assert await code_of(database.reader, BOB, "sign_up") is None


async def test_a_redeemed_code_is_gone(database: Database) -> None:
    await database.write(
        lambda transaction: put_code(transaction, ANN, "sign_up", code=Code(digest="d"), expires_ms=1)
    )

    await database.write(lambda transaction: delete_code(transaction, ANN, "sign_up"))

    assert await code_of(database.reader, ANN, "sign_up") is None


async def test_failures_are_counted_by_user_and_kind(database: Database) -> None:
    counted = Attempts(failures=7, since_ms=2**41, locked_until_ms=2**41 + 5)

    async def put(transaction: Transaction) -> None:
        await put_attempts(transaction, ANN, "password", counted=Attempts(failures=6))
        await put_attempts(transaction, ANN, "ConfirmSignUp", counted=Attempts(failures=1))
        await put_attempts(transaction, ANN, "password", counted=counted)

    await database.write(put)

    assert await attempts_of(database.reader, ANN, "password") == counted
    assert await attempts_of(database.reader, ANN, "ConfirmSignUp") == Attempts(failures=1)
    assert await attempts_of(database.reader, BOB, "password") is None


async def test_a_count_can_begin_anew(database: Database) -> None:
    await database.write(
        lambda transaction: put_attempts(transaction, ANN, "password", counted=Attempts(failures=6))
    )

    await database.write(lambda transaction: delete_attempts(transaction, ANN, "password"))

    assert await attempts_of(database.reader, ANN, "password") is None
