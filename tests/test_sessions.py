"""Sessions: shared by the objects of one sign-in, kept apart from every other, renewed once by however many ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from userpool import AsyncUserPool, FileStorage, NotSignedInError, SignedIn, Tokens, User, UserPool
from userpool.effects import FixedEffects
from userpool.sessions import Sessions
from userpool.storage.layout import Drawer
from userpool.token_bundle import Granted
from userpool.transport.clock import ServiceClock
from userpool.transport.scripted import (
    AsyncScriptedTransport,
    ScriptedTransport,
    SentRequest,
    grants,
    says,
    token_text,
)

NOON = 1_767_268_800
ALICE = says({"Username": "alice", "UserAttributes": []})


def tokens_until(expiry: int, refresh_token: str | None = "r1") -> Tokens:
    return Tokens(token_text({"username": "alice", "exp": expiry}), refresh_token=refresh_token)


@pytest.fixture
def effects() -> FixedEffects:
    return FixedEffects(now=NOON)


@pytest.fixture
def storage() -> dict[str, str]:
    return {}


@pytest.fixture
def sessions(effects: FixedEffects, storage: dict[str, str]) -> Sessions[object]:
    return Sessions(
        Drawer(storage, client_id="7ghr"),
        clock=ServiceClock(effects),
        leeway_seconds=60,
        new_flight=object,
    )


# ---- which sessions are the same ----


def test_the_same_refresh_token_is_the_same_session(sessions: Sessions[object]) -> None:
    first = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))

    assert sessions.find("alice") is first
    assert sessions.find(None) is first


def test_another_sign_in_of_the_same_person_is_another_session(sessions: Sessions[object]) -> None:
    first = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))

    second = sessions.begin(Granted("alice", tokens_until(NOON + 3600, "r2")))

    assert second is not first
    assert sessions.find("alice") is second


def test_sessions_without_a_refresh_token_are_never_shared(sessions: Sessions[object]) -> None:
    tokens = tokens_until(NOON + 3600, None)

    assert sessions.hand_in(tokens, username="a") is not sessions.hand_in(tokens, username="a")


def test_kept_tokens_are_not_the_stored_session(sessions: Sessions[object]) -> None:
    stored = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))

    assert sessions.hand_in(tokens_until(NOON + 3600), username="alice") is not stored


def test_a_session_is_found_by_its_newest_refresh_token(sessions: Sessions[object]) -> None:
    old, new = tokens_until(NOON + 3600), tokens_until(NOON + 7200, "r2")
    session = sessions.begin(Granted("alice", old))

    sessions.renewed(session, old, new=new)

    assert sessions.find("alice") is session
    assert session.tokens is new


def test_the_newer_tokens_win(sessions: Sessions[object]) -> None:
    old, new = tokens_until(NOON + 3600), tokens_until(NOON + 7200)
    session = sessions.hand_in(new, username="alice")

    assert sessions.hand_in(old, username="alice") is session
    assert session.tokens is new
    sessions.hand_in(tokens_until(NOON + 9000), username="alice")
    assert session.tokens.expires_epoch == NOON + 9000


def test_a_session_that_is_over_is_not_found_again(sessions: Sessions[object]) -> None:
    session = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))
    sessions.end(session)

    assert sessions.find("alice") is None
    assert sessions.begin(Granted("alice", tokens_until(NOON + 3600))) is not session


# ---- whether they are good ----


@pytest.mark.parametrize(("rest", "due"), [(61, False), (60, True), (0, True), (-1, True)])
def test_tokens_are_due_a_little_before_they_expire(
    sessions: Sessions[object], rest: int, *, due: bool
) -> None:
    assert sessions.is_due(tokens_until(NOON + rest)) is due


@pytest.mark.parametrize(("rest", "usable"), [(1, True), (0, False)])
def test_tokens_are_usable_until_they_expire(sessions: Sessions[object], rest: int, *, usable: bool) -> None:
    tokens = tokens_until(NOON + rest)
    session = sessions.hand_in(tokens, username="alice")

    assert sessions.is_usable(session, tokens) is usable


def test_signing_out_revokes_what_another_process_has_rotated(
    sessions: Sessions[object], storage: dict[str, str]
) -> None:
    session = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))
    Drawer(storage, client_id="7ghr").save("alice", tokens_until(NOON + 7200, "r2"), clock_offset_seconds=0)

    [ended] = sessions.end(session)

    assert ended.refresh_token == "r2"
    assert storage == {}


def test_signing_out_of_an_older_sign_in_revokes_it_and_the_one_that_is_stored(
    sessions: Sessions[object], storage: dict[str, str]
) -> None:
    older, newer = (
        Tokens(token_text({"username": "alice", "exp": NOON + end, "origin_jti": name}), refresh_token=name)
        for name, end in (("one", 3600), ("two", 3601))
    )
    session = sessions.begin(Granted("alice", older))
    sessions.begin(Granted("alice", newer))

    assert sessions.end(session) == (older, newer)
    assert storage == {}
    assert sessions.end(session) == ()


def test_a_renewal_that_comes_too_late_is_not_kept(sessions: Sessions[object]) -> None:
    old = tokens_until(NOON + 3600)
    session = sessions.begin(Granted("alice", old))
    sessions.end(session)

    with pytest.raises(NotSignedInError):
        sessions.renewed(session, old, new=tokens_until(NOON + 7200, "r2"))

    assert sessions.find("alice") is None


def test_a_renewal_of_kept_tokens_leaves_the_stored_ones_alone(
    sessions: Sessions[object], storage: dict[str, str]
) -> None:
    sessions.begin(Granted("alice", tokens_until(NOON + 3600)))
    before, kept = dict(storage), tokens_until(NOON + 3600, "another sign-in of hers")
    session = sessions.hand_in(kept, username="alice")

    sessions.renewed(session, kept, new=tokens_until(NOON + 7200, "r2"))

    assert storage == before


def test_tokens_of_the_same_second_that_another_process_stored_are_taken_over(
    sessions: Sessions[object], storage: dict[str, str]
) -> None:
    session = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))
    Drawer(storage, client_id="7ghr").save("alice", tokens_until(NOON + 3600, "r2"), clock_offset_seconds=0)

    assert sessions.catch_up(session).refresh_token == "r2"
    assert session.tokens is sessions.catch_up(session)


def test_two_sign_ins_that_have_come_to_the_same_tokens_renew_them_once(
    sessions: Sessions[object],
) -> None:
    first = sessions.begin(Granted("alice", tokens_until(NOON + 30)))
    second = sessions.begin(Granted("alice", tokens_until(NOON + 30, "r2")))
    assert first.flight is not second.flight

    sessions.catch_up(first)

    assert first.flight is second.flight


def test_older_tokens_in_storage_are_not_taken_over(
    sessions: Sessions[object], storage: dict[str, str]
) -> None:
    session = sessions.begin(Granted("alice", tokens_until(NOON + 3600, "r2")))
    Drawer(storage, client_id="7ghr").save("alice", tokens_until(NOON + 3599), clock_offset_seconds=0)

    assert sessions.catch_up(session).refresh_token == "r2"


def test_whoever_signed_in_anew_during_a_renewal_keeps_the_newer_session(
    sessions: Sessions[object], storage: dict[str, str]
) -> None:
    old = tokens_until(NOON + 3600)
    session = sessions.begin(Granted("alice", old))
    Drawer(storage, client_id="7ghr").save("alice", tokens_until(NOON + 9000, "new"), clock_offset_seconds=0)
    sessions.catch_up(session)

    tokens = sessions.renewed(session, old, new=tokens_until(NOON + 7200, "r2"))

    assert tokens.refresh_token == "new"
    assert storage["CognitoIdentityServiceProvider.7ghr.alice.refreshToken"] == "new"


@pytest.mark.parametrize(("rest", "valid"), [(1, True), (0, False)])
def test_a_session_is_valid_until_its_tokens_expire(
    sessions: Sessions[object], rest: int, *, valid: bool
) -> None:
    session = sessions.begin(Granted("alice", tokens_until(NOON + rest)))

    assert sessions.is_valid(session) is valid
    sessions.end(session)
    assert not sessions.is_valid(session)


def test_a_storage_without_locks_is_always_free(sessions: Sessions[object]) -> None:
    session = sessions.begin(Granted("alice", tokens_until(NOON + 3600)))

    for _ in range(2):
        let_go = sessions.try_lock(session)
        assert let_go is not None
        let_go()


def test_a_storage_with_locks_gives_one_for_each_stored_session(tmp_path: Any, effects: FixedEffects) -> None:
    drawer = Drawer(FileStorage(tmp_path / "t.json"), client_id="7ghr")
    first, second = (
        Sessions(drawer, clock=ServiceClock(effects), leeway_seconds=60, new_flight=object) for _ in range(2)
    )
    mine = first.begin(Granted("alice", tokens_until(NOON + 3600)))
    theirs = second.find("alice")
    kept = second.hand_in(tokens_until(NOON + 3600), username="alice")
    assert theirs is not None

    let_go = first.try_lock(mine)
    assert let_go is not None

    assert second.try_lock(theirs) is None
    assert second.try_lock(kept) is not None
    let_go()


# ---- one renewal for all ----


class Rotating:
    """The service, with refresh tokens that are good once, and a renewal that takes a while."""

    def __init__(self, effects: FixedEffects) -> None:
        self.effects = effects
        self.renewals = 0
        self.good = "r0"

    def __call__(self, request: SentRequest) -> Any:
        if request.operation == "GetUser":
            return ALICE
        assert request.operation == "GetTokensFromRefreshToken"
        Event().wait(0.05)
        assert request.body["RefreshToken"] == self.good, "a refresh token was used twice"
        self.renewals += 1
        self.good = f"r{self.renewals}"
        return grants("alice", expires_epoch=self.effects.now() + 3600, refresh_token=self.good)


def in_threads(count: int, work: Callable[[], object]) -> list[object]:
    outcomes: list[object] = []
    start = Barrier(count)

    def run() -> None:
        start.wait()
        outcomes.append(work())

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def signed_in(pool: UserPool, transport: ScriptedTransport) -> User:
    transport.add(grants("alice", expires_epoch=NOON + 3600, refresh_token="r0"))
    step = pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    return step.user


def test_threads_that_find_tokens_expired_renew_them_once(effects: FixedEffects, tmp_path: Any) -> None:
    # amazon-cognito-identity-js makes three renewals of three simultaneous getSession.
    service = Rotating(effects)
    transport = ScriptedTransport(otherwise=service)
    pool = UserPool(
        "us-east-1_a", "7ghr", transport=transport, effects=effects, storage=FileStorage(tmp_path / "t.json")
    )
    users = [signed_in(pool, transport), pool.current_user(), *pool.users()]
    effects.advance(3600)

    outcomes = in_threads(12, lambda: [user.attributes() for user in users if user is not None])

    assert outcomes == [[{}, {}, {}]] * 12
    assert service.renewals == 1


def test_threads_that_ask_for_a_renewal_at_once_share_it(effects: FixedEffects) -> None:
    service = Rotating(effects)
    transport = ScriptedTransport(otherwise=service)
    alice = signed_in(UserPool("us-east-1_a", "7ghr", transport=transport, effects=effects), transport)

    outcomes = in_threads(6, alice.refresh)

    assert len({id(tokens) for tokens in outcomes}) == service.renewals == 1
    alice.refresh()
    assert service.renewals == 2


@pytest.mark.anyio
async def test_tasks_that_find_tokens_expired_renew_them_once(effects: FixedEffects) -> None:
    service = Rotating(effects)
    transport = AsyncScriptedTransport(
        grants("alice", expires_epoch=NOON + 3600, refresh_token="r0"), otherwise=service
    )
    pool = AsyncUserPool("us-east-1_a", "7ghr", transport=transport, effects=effects)
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    found = pool.current_user()
    assert found is not None
    effects.advance(3600)

    outcomes = await asyncio.gather(*(user.attributes() for user in [step.user, found] * 6))

    assert outcomes == [{}] * 12
    assert service.renewals == 1


@pytest.mark.anyio
async def test_a_renewal_outlives_the_task_that_asked_for_it(effects: FixedEffects) -> None:
    # The service has rotated the refresh token already; a cancelled web request must not lose the new one.
    storage: dict[str, str] = {}
    asked, gate = asyncio.Event(), asyncio.Event()

    class Slow(AsyncScriptedTransport):
        async def send(self, request: Any, *, timeout: float) -> Any:
            reply = await super().send(request, timeout=timeout)
            if self.operations[-1] == "GetTokensFromRefreshToken":
                asked.set()
                await gate.wait()
            return reply

    first = grants("alice", expires_epoch=NOON + 3600, refresh_token="r0")
    transport = Slow(first, grants("alice", expires_epoch=NOON + 7200, refresh_token="r1"))
    pool = AsyncUserPool("us-east-1_a", "7ghr", transport=transport, effects=effects, storage=storage)
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)

    asking = asyncio.create_task(step.user.refresh())
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gate.set()
    async with asyncio.timeout(10):
        while storage["CognitoIdentityServiceProvider.7ghr.alice.refreshToken"] == "r0":
            await asyncio.sleep(0)

    assert storage["CognitoIdentityServiceProvider.7ghr.alice.refreshToken"] == "r1"
    assert step.user.tokens.refresh_token == "r1"


@pytest.mark.anyio
async def test_a_cancelled_sign_in_leaves_nothing_behind(effects: FixedEffects) -> None:
    storage: dict[str, str] = {}
    asked = asyncio.Event()

    class Silent(AsyncScriptedTransport):
        async def send(self, request: Any, *, timeout: float) -> Any:
            asked.set()
            await asyncio.Event().wait()

    told: list[object] = []
    pool = AsyncUserPool(
        "us-east-1_a", "7ghr", transport=Silent(), effects=effects, storage=storage, on_event=told.append
    )
    signing_in = asyncio.create_task(pool.sign_in("alice", "pw"))
    await asked.wait()

    signing_in.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing_in

    assert (storage, told, pool.current_user(), pool.users()) == ({}, [], None, ())


@pytest.mark.anyio
async def test_a_cancelled_waiter_does_not_take_the_renewal_of_others_down(effects: FixedEffects) -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    class Slow(AsyncScriptedTransport):
        async def send(self, request: Any, *, timeout: float) -> Any:
            asked.set()
            await gate.wait()
            return await super().send(request, timeout=timeout)

    transport = Slow(grants("alice", expires_epoch=NOON + 7200, refresh_token="r2"))
    pool = AsyncUserPool("us-east-1_a", "7ghr", transport=transport, effects=effects)
    alice = pool.user_from_tokens(tokens_until(NOON))
    first, second = (asyncio.create_task(alice.fresh_tokens()) for _ in range(2))
    await asked.wait()

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.set()

    assert (await second).refresh_token == "r2"
    assert transport.operations == ["GetTokensFromRefreshToken"]
