"""What another process or tab did to a session, and what is told of it here."""

from __future__ import annotations

import pytest

from userpool import NotAuthorizedException, NotSignedInError, Tokens
from userpool.effects import FixedEffects
from userpool.events import Event, SignedOutEvent, TokensRefreshed
from userpool.sessions import Sessions
from userpool.storage.layout import Drawer
from userpool.token_bundle import Granted
from userpool.transport.clock import ServiceClock
from userpool.transport.scripted import token_text

NOON = 1_767_268_800


def tokens_until(expiry: int, refresh_token: str = "r1") -> Tokens:
    return Tokens(token_text({"username": "alice", "exp": expiry}), refresh_token=refresh_token)


FIRST = tokens_until(NOON + 3600)


@pytest.fixture
def drawer() -> Drawer:
    return Drawer({}, client_id="7ghr")


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def sessions(drawer: Drawer, told: list[Event]) -> Sessions[object]:
    clock = ServiceClock(FixedEffects(now=NOON))
    return Sessions(drawer, clock=clock, leeway_seconds=60, new_flight=object, tell=told.append)


def test_newer_tokens_in_the_storage_are_told_once(
    sessions: Sessions[object], drawer: Drawer, told: list[Event]
) -> None:
    alice = sessions.begin(Granted("alice", FIRST, login="a@example.com"))
    drawer.replace("alice", tokens_until(NOON + 7200, "r2"), clock_offset_seconds=0)

    for _ in range(2):
        assert sessions.catch_up(alice).refresh_token == "r2"

    assert told == [TokensRefreshed("alice", NOON + 7200, elsewhere=True)]
    assert alice.login == "a@example.com"


def test_newer_tokens_that_come_with_the_current_user_are_told_once(
    sessions: Sessions[object], drawer: Drawer, told: list[Event]
) -> None:
    alice = sessions.begin(Granted("alice", FIRST))
    drawer.replace("alice", tokens_until(NOON + 7200), clock_offset_seconds=0)

    assert sessions.find(None) is sessions.find("alice") is alice

    assert told == [TokensRefreshed("alice", NOON + 7200, elsewhere=True)]


def test_tokens_that_are_found_after_a_refusal_are_told(
    sessions: Sessions[object], drawer: Drawer, told: list[Event]
) -> None:
    alice = sessions.begin(Granted("alice", FIRST))
    drawer.replace("alice", tokens_until(NOON + 7200, "r2"), clock_offset_seconds=0)
    fault = NotAuthorizedException("Invalid Refresh Token", status=400)

    assert sessions.refused(alice, FIRST, fault=fault).refresh_token == "r2"

    assert told == [TokensRefreshed("alice", NOON + 7200, elsewhere=True)]


def test_whoever_signed_out_during_a_renewal_is_not_let_in_by_their_next_sign_in(
    sessions: Sessions[object], told: list[Event]
) -> None:
    alice = sessions.begin(Granted("alice", FIRST))
    sessions.end(alice)
    anew = sessions.begin(Granted("alice", tokens_until(NOON + 7200, "r2")))
    fault = NotAuthorizedException("Refresh Token has been revoked", status=400)

    with pytest.raises(NotAuthorizedException):
        sessions.refused(alice, FIRST, fault=fault)

    assert alice.tokens is None
    assert sessions.find("alice") is anew


def test_a_session_that_is_gone_from_the_storage_ends_here_too(
    sessions: Sessions[object], drawer: Drawer, told: list[Event]
) -> None:
    alice = sessions.begin(Granted("alice", FIRST))
    drawer.clear("alice")

    for _ in range(2):
        with pytest.raises(NotSignedInError):
            sessions.catch_up(alice)

    assert told == [SignedOutEvent("alice", elsewhere=True)]
    assert alice.tokens is None


def test_a_renewal_does_not_outlive_a_sign_out_elsewhere(
    sessions: Sessions[object], drawer: Drawer, told: list[Event]
) -> None:
    alice = sessions.begin(Granted("alice", FIRST))
    drawer.clear("alice")

    with pytest.raises(NotSignedInError):
        sessions.renewed(alice, FIRST, new=tokens_until(NOON + 7200, "r2"))

    assert (told, drawer.usernames()) == ([SignedOutEvent("alice", elsewhere=True)], ())


def test_tokens_that_the_caller_keeps_do_not_end_with_the_stored_ones(
    sessions: Sessions[object], drawer: Drawer, told: list[Event]
) -> None:
    kept = sessions.hand_in(FIRST, username="alice")
    drawer.clear("alice")

    assert sessions.catch_up(kept) is FIRST
    assert told == []
