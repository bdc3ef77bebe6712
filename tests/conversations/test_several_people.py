"""Several people at one machine, whose sessions lie in one storage and never meet."""

from __future__ import annotations

from typing import Any

import pytest
from stories import EACH_WAY_ONCE, PASSWORD, enrol

from userpool import NotSignedInError
from userpool.events import SignedInEvent, SignedOutEvent, TokensRefreshed
from userpool.testing import LocalPool

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

NAMES = ["alice", "bob", "carol"]


@pytest.fixture
def storage() -> dict[str, str]:
    """Where all of them keep their tokens."""
    return {}


@pytest.fixture
async def users(local: LocalPool, make_pool: Any, now: Any, storage: dict[str, str]) -> list[Any]:
    """Alice, Bob and Carol, who have signed in one after the other."""
    pool, signed_in = make_pool(storage=storage), []
    for name in NAMES:
        enrol(local, name, nickname=f"the one called {name}")
        signed_in.append((await now(pool.sign_in(name, PASSWORD))).user)
    return signed_in


async def test_everybody_is_found_and_whoever_came_last_is_the_current_one(
    users: list[Any], make_pool: Any, now: Any, storage: dict[str, str]
) -> None:
    pool = make_pool(storage=storage)

    assert [user.username for user in pool.users()] == NAMES
    assert pool.current_user().username == "carol"
    assert pool.current_user("alice").username == "alice"
    assert pool.current_user("dave") is None
    for name, user in zip(NAMES, pool.users(), strict=True):
        assert (await now(user.attributes()))["nickname"] == f"the one called {name}"


async def test_whoever_goes_takes_nobody_along(
    users: list[Any], make_pool: Any, now: Any, storage: dict[str, str]
) -> None:
    _, bob, _ = users
    elsewhere = make_pool(storage=storage)

    assert (await now(bob.sign_out())).revoked

    assert [user.username for user in elsewhere.users()] == ["alice", "carol"]
    assert not any(".bob." in key for key in storage)
    for user in elsewhere.users():
        assert (await now(user.refresh())).username == user.username
    with pytest.raises(NotSignedInError):
        await now(bob.attributes())


async def test_a_renewal_touches_one_person_s_tokens_only(
    users: list[Any], now: Any, storage: dict[str, str]
) -> None:
    alice, bob, carol = users
    before = dict(storage)

    await now(alice.refresh())

    changed = {key for key, value in storage.items() if before.get(key) != value}
    assert {key.split(".")[2] for key in changed} == {"alice"}
    assert [bob.tokens.username, carol.tokens.username] == ["bob", "carol"]


async def test_a_user_stays_who_they_are_whoever_comes_after_them(
    local: LocalPool, users: list[Any], make_pool: Any, now: Any, storage: dict[str, str]
) -> None:
    carol = make_pool(storage=storage).current_user()
    enrol(local, "dave")
    await now(make_pool(storage=storage).sign_in("dave", PASSWORD))

    assert (carol.username, (await now(carol.attributes()))["nickname"]) == ("carol", "the one called carol")


async def test_what_befalls_them_is_told_in_order(
    local: LocalPool, make_pool: Any, now: Any, storage: dict[str, str]
) -> None:
    heard: list[Any] = []
    pool = make_pool(storage=storage, on_event=heard.append)
    for name in ("alice", "bob"):
        enrol(local, name)
        await now(pool.sign_in(name, PASSWORD))
    await now(pool.current_user("alice").refresh())
    await now(pool.current_user("bob").sign_out())
    await now(pool.current_user("alice").sign_out())

    assert [(type(event), event.username) for event in heard] == [
        (SignedInEvent, "alice"),
        (SignedInEvent, "bob"),
        (TokensRefreshed, "alice"),
        (SignedOutEvent, "bob"),
        (SignedOutEvent, "alice"),
    ]
    assert pool.users() == ()
