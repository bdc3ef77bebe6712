"""Taking turns at renewing with other processes that keep tokens in the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from userpool import FileStorage, StorageError
from userpool.async_pool import AsyncUserPool
from userpool.async_user import AsyncUser
from userpool.effects import FixedEffects
from userpool.steps import SignedIn
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, token_text
from userpool.wire.faults import NotAuthorizedException

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
HOUR = 3_600
GONE = refuses("NotAuthorizedException", "Refresh Token has been revoked")
NAME = "CognitoIdentityServiceProvider.7ghr.alice"
KEYS = f"{NAME}."


class Scene:
    """A pool that keeps tokens in a file, and Alice, who has signed in."""

    def __init__(self, path: Path, *script: Any, **settings: Any) -> None:
        self.effects = FixedEffects(now=NOON)
        self.storage = FileStorage(path)
        first = grants("alice", expires_epoch=NOON + HOUR, refresh_token="r1")
        self.transport = AsyncScriptedTransport(first, *script)
        self.pool = AsyncUserPool(
            "us-east-1_aB12cDe34",
            "7ghr",
            transport=self.transport,
            storage=self.storage,
            effects=self.effects,
            **settings,
        )

    async def alice(self) -> AsyncUser:
        step = await self.pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
        assert isinstance(step, SignedIn)
        return step.user

    @property
    def later(self) -> list[str]:
        """What was asked for after the sign-in."""
        return self.transport.operations[1:]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


async def test_a_renewal_waits_for_its_turn_and_then_takes_over(path: Path) -> None:
    scene, other = Scene(path), FileStorage(path)
    alice = await scene.alice()
    scene.effects.advance(HOUR)
    let_go = other.try_lock(NAME)
    assert let_go is not None
    newer = token_text({"username": "alice", "exp": NOON + 2 * HOUR})
    looks = 0

    def look(name: str) -> Any:
        # At the second look the other process is done.
        nonlocal looks
        looks += 1
        if looks == 2:
            other.update({f"{KEYS}accessToken": newer, f"{KEYS}refreshToken": "r2"})
            other.pop(f"{KEYS}idToken")
            let_go()
        return other.try_lock(name)

    scene.storage.try_lock = look  # type: ignore[method-assign]
    tokens = await alice.fresh_tokens()

    assert (tokens.access_token, tokens.refresh_token, scene.later) == (newer, "r2", [])


async def test_whoever_asks_for_a_renewal_is_not_content_with_an_old_one(path: Path) -> None:
    # Another process has renewed a while ago; the caller wants to know how things are now.
    scene = Scene(path, grants("alice", expires_epoch=NOON + 3 * HOUR, refresh_token="r3"))
    alice = await scene.alice()
    newer = token_text({"username": "alice", "exp": NOON + 2 * HOUR})
    FileStorage(path).update({f"{KEYS}accessToken": newer, f"{KEYS}refreshToken": "r2"})

    tokens = await alice.refresh()

    assert tokens.refresh_token == "r3"
    assert scene.transport.requests[1].body["RefreshToken"] == "r2"


async def test_a_process_that_never_lets_go_is_told_of(path: Path) -> None:
    scene = Scene(path, total_timeout_seconds=0.01)
    alice = await scene.alice()
    let_go = scene.storage.try_lock(NAME)
    assert let_go is not None
    scene.effects.advance(HOUR - 30)

    # The tokens are still good for half a minute; after that there is nothing to go on with.
    assert await alice.fresh_tokens() == alice.tokens
    scene.effects.advance(HOUR)
    with pytest.raises(StorageError, match="Another process"):
        await alice.fresh_tokens()

    let_go()
    assert (alice.is_signed_in, scene.later) == (True, [])


async def test_a_storage_that_fails_is_no_reason_to_stop_while_the_tokens_are_valid(path: Path) -> None:
    scene = Scene(path)
    alice = await scene.alice()
    path.write_text("not what was written here")
    scene.effects.advance(HOUR - 30)

    assert await alice.fresh_tokens() == alice.tokens

    scene.effects.advance(HOUR)
    with pytest.raises(StorageError, match="left as it is"):
        await alice.fresh_tokens()


async def test_a_renewal_that_fails_lets_go(path: Path) -> None:
    scene = Scene(path, GONE)
    alice = await scene.alice()

    with pytest.raises(NotAuthorizedException):
        await alice.refresh()

    let_go = scene.storage.try_lock(NAME)
    assert let_go is not None
    let_go()
