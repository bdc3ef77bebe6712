"""Several keys at once, also in a storage that knows one at a time only.

Sources: none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping

from userpool.storage import Batched

__all__ = ["apply_to", "snapshot_of"]


def snapshot_of(storage: Mapping[str, str]) -> Mapping[str, str]:
    """Return everything in a storage, as of one moment if it can tell."""
    return storage.snapshot() if isinstance(storage, Batched) else dict(storage)


def apply_to(
    storage: MutableMapping[str, str], updates: Mapping[str, str], removals: Collection[str]
) -> None:
    """Set the updates, in their order, and remove the removals; as one step if the storage can."""
    if isinstance(storage, Batched):
        storage.apply(updates, removals=removals)
        return
    storage.update(updates)
    for key in removals:
        storage.pop(key, None)
