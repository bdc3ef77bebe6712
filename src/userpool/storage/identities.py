"""Where the identities of an identity pool are kept: under the key of Amplify for a guest, and beside it for people.

    com.amplify.Cognito.<identity pool id>.identityId            the guest's
    com.amplify.Cognito.<identity pool id>.<sub>.identityId      that of somebody who signed in

Only ids are kept. Credentials are not: they can be had again, and live for an hour.

Sources: amplify-js:IdentityIdStore (which keeps the guest's alone); api:GetId (the pattern of IdentityId).
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Final

__all__ = ["IdentityDrawer"]

_PREFIX: Final = "com.amplify.Cognito"
_ID: Final = re.compile(r"[A-Za-z0-9_-]+:[0-9a-f-]+")
_LONGEST_ID: Final = 55


class IdentityDrawer:
    """The part of a storage that belongs to one identity pool; ``sub`` is None for the guest."""

    def __init__(self, storage: MutableMapping[str, str], *, identity_pool_id: str) -> None:
        self._storage = storage
        self._prefix = f"{_PREFIX}.{identity_pool_id}."

    def load(self, sub: str | None) -> str | None:
        """Return somebody's identity id; None where there is none, or something that is no id."""
        kept = self._storage.get(self._key(sub), "")
        # A storage may be a browser's, and what somebody broke there would be refused for ever.
        return kept if len(kept) <= _LONGEST_ID and _ID.fullmatch(kept) else None

    def save(self, sub: str | None, identity_id: str) -> None:
        """Keep somebody's identity id."""
        key = self._key(sub)
        # Writing may cost much more than reading, and most of the time nothing has changed.
        if self._storage.get(key) != identity_id:
            self._storage[key] = identity_id

    def forget(self, sub: str | None) -> None:
        """Drop somebody's identity id; everybody else's stays."""
        self._storage.pop(self._key(sub), None)

    def clear(self) -> None:
        """Drop all identity ids of this pool."""
        for key in [key for key in self._storage if key.startswith(self._prefix)]:
            self._storage.pop(key, None)

    def _key(self, sub: str | None) -> str:
        return f"{self._prefix}{'' if sub is None else f'{sub}.'}identityId"
