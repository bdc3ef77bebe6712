"""Taking turns: who waits, for how long, and that everybody lets go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from userpool.async_turns import async_turn
from userpool.errors import StorageError

pytestmark = pytest.mark.anyio


class Lock:
    """A lock that somebody else has for the first few looks at it."""

    def __init__(self, taken: int = 0) -> None:
        self.taken = taken
        self.held = False

    def try_lock(self) -> Callable[[], None] | None:
        self.taken -= 1
        if self.taken >= 0 or self.held:
            return None
        self.held = True
        return self.let_go

    def let_go(self) -> None:
        self.held = False


async def test_a_free_lock_is_held_during_the_block() -> None:
    lock = Lock()

    async with async_turn(lock.try_lock, longest_wait_seconds=0):
        held = lock.held

    assert (held, lock.held) == (True, False)


async def test_a_lock_is_waited_for() -> None:
    lock = Lock(taken=3)

    async with async_turn(lock.try_lock, longest_wait_seconds=60):
        assert lock.held

    assert lock.taken == -1


async def test_a_block_that_fails_lets_go() -> None:
    lock = Lock()

    with pytest.raises(KeyError):
        await fail_while_holding(lock)

    assert not lock.held


async def test_somebody_who_never_lets_go_is_not_waited_for_for_ever() -> None:
    lock = Lock(taken=1_000_000)

    with pytest.raises(StorageError, match="has been renewing"):
        await fail_while_holding(lock)

    assert not lock.held


async def fail_while_holding(lock: Lock) -> None:
    async with async_turn(lock.try_lock, longest_wait_seconds=0):
        raise KeyError("a mistake")
