"""What was verified already: a store of bounded size, so that a token that comes again costs a look-up.

Rules of this room: a token is found again by its whole text and by nothing less. What is forgotten is verified
anew, so forgetting is always safe; remembering is not, and whoever loses a key clears the store.

Sources: none.
"""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Remembered"]

# A longer token is verified each time: the store would otherwise hold whatever a pool's largest tokens take.
LONGEST_KEPT_TOKEN = 8_192

ValueT = TypeVar("ValueT")


class Remembered(Generic[ValueT]):
    """Values by token, at most about ``size`` of them, those used lately; threads may share it.

    It has two halves. New ones go into the young half; when that is full the old half is dropped and the young one
    becomes old. What is found in the old half moves over. So a look-up of a token in use changes nothing and needs
    no lock.
    """

    def __init__(self, size: int) -> None:
        self._half = size // 2
        self._young: dict[str, ValueT] = {}
        self._old: dict[str, ValueT] = {}
        self._lock = Lock()
        self.generation = 0
        """How often everything was forgotten; `put` takes what was begun in the present generation only."""

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, token: str) -> ValueT | None:
        """Return what was put in for this very token, or None."""
        found = self._young.get(token)
        if found is None and self._old:
            generation = self.generation
            found = self._old.get(token)
            if found is not None:
                self.put(token, found, generation=generation)
        return found

    def put(self, token: str, value: ValueT, *, generation: int) -> None:
        """Keep a value, unless everything was forgotten since its making began."""
        # Taken before the generation is looked at: if everything is forgotten in between, the value goes into a half
        # that nobody looks into any more. So this needs no lock either.
        young = self._young
        if generation != self.generation or len(token) > LONGEST_KEPT_TOKEN or not self._half:
            return
        if len(young) >= self._half:
            young = self._turn(young, generation)
        young[token] = value

    def forget(self, token: str) -> None:
        """Drop one token."""
        with self._lock:
            self._young.pop(token, None)
            self._old.pop(token, None)

    def _turn(self, full: dict[str, ValueT], generation: int) -> dict[str, ValueT]:
        with self._lock:
            # Of several threads that find it full one turns the halves.
            if self._young is full:
                self._old, self._young = full, {}
            return self._young if generation == self.generation else full

    def clear(self) -> None:
        """Forget everything, also what is being verified at this moment."""
        with self._lock:
            self.generation += 1
            self._young, self._old = {}, {}
