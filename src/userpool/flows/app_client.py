"""What every request says about its sender: the app client, and what the caller wants to travel along.

Sources: guide:signing-up-users-in-your-app (secret hash); api:InitiateAuth (what a request may carry).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from userpool.crypto.secret_hash import secret_hash
from userpool.user_context import UserContext
from userpool.values import Value
from userpool.wire.shapes import UserContextDataType

__all__ = ["AppClient", "Extras"]


class AppClient(Value, frozen=True):
    """One app client of one user pool; ``pool_name`` is the part of the pool's id after the underscore.

    The whole id is told by an administrator's requests alone.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"client_secret"})

    pool_name: str
    client_id: str
    client_secret: str | None = None
    user_pool_id: str = ""

    def secret_hash(self, username: str) -> str | None:
        """Return the proof that we know the client secret, or None if the client has none.

        It holds for the user name that stands in the same request, and for no other.
        """
        if self.client_secret is None:
            return None
        return secret_hash(username, client_id=self.client_id, client_secret=self.client_secret)

    def parameters(self, username: str, more: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters of a sign-in about ``username``, with the secret hash for that name."""
        proof = self.secret_hash(username)
        return {"USERNAME": username, **more, **({} if proof is None else {"SECRET_HASH": proof})}


class Extras(Value, frozen=True):
    """What may travel along: metadata for the pool's triggers, context for its threat protection."""

    client_metadata: Mapping[str, str] | None = None
    user_context: UserContext | None = None

    def overridden(
        self, *, client_metadata: Mapping[str, str] | None = None, user_context: UserContext | None = None
    ) -> Extras:
        """Return what travels along with one request: what it was given, else what all are given."""
        return Extras(
            client_metadata=self.client_metadata if client_metadata is None else client_metadata,
            user_context=self.user_context if user_context is None else user_context,
        )

    @property
    def metadata(self) -> dict[str, str] | None:
        """The metadata as the wire wants it; what is empty is not sent."""
        return dict(self.client_metadata) if self.client_metadata else None

    @property
    def context(self) -> UserContextDataType | None:
        """The context as the wire wants it; what is empty is not sent."""
        known = self.user_context
        if known is None or not (known.ip_address or known.encoded_data):
            return None
        return UserContextDataType(ip_address=known.ip_address, encoded_data=known.encoded_data)
