"""Access keys: what an administrator signs with, in the form that AWS clients expect.

Sources: the shapes of AWS access keys (20 and 40 characters); `userpool keys create` makes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.effects import token_text
from userpool.errors import SettingsError
from userpool.server.database.keys import (
    access_key_names,
    add_access_key,
    remove_access_key,
    sealed_access_key,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.keys import AccessKeyName

PURPOSE = "access key"
PREFIX = "AKUP"
LONGEST_NAME = 128
ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # An alphabet.


class AccessKey(NamedTuple):
    """A new access key, shown once."""

    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"AccessKey({self.access_key_id!r}, ***)"


async def create_access_key(context: Context, name: str) -> AccessKey:
    """Make an access key and keep its secret sealed.

    Args:
        context: the surroundings.
        name: a note on whose it is.

    Raises:
        SettingsError: the note is too long.
    """
    if len(name) > LONGEST_NAME:
        raise SettingsError(f"The name of an access key has at most {LONGEST_NAME} characters.")
    key = AccessKey(
        PREFIX + token_text(context.effects, ID_ALPHABET, count=16),
        token_text(context.effects, SECRET_ALPHABET, count=40),
    )
    sealed = context.sealer.seal(PURPOSE, key.secret_access_key.encode(), context=key.access_key_id)
    await context.database.write(
        lambda transaction: add_access_key(
            transaction, key.access_key_id, name=name, secret_sealed=sealed, created_ms=context.now_ms
        )
    )
    return key


async def secret_of_access_key(context: Context, access_key_id: str) -> str | None:
    """Return the secret of an access key, or None."""
    sealed = await sealed_access_key(context.database.reader, access_key_id)
    return None if sealed is None else context.sealer.open(PURPOSE, sealed, context=access_key_id).decode()


async def list_access_keys(context: Context) -> list[AccessKeyName]:
    """Return all access keys, without their secrets."""
    return await access_key_names(context.database.reader)


async def delete_access_key(context: Context, access_key_id: str) -> bool:
    """Delete an access key; return False when there is none."""
    return await context.database.write(lambda transaction: remove_access_key(transaction, access_key_id))
