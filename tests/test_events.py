"""What a listener is told, in which order, and what becomes of one that fails."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from userpool import NotAuthorizedException, RetryPolicy, SettingsError, SignedIn, User, UserPool
from userpool.effects import FixedEffects
from userpool.errors import NotReachedError
from userpool.events import Event, RefreshFailed, SignedInEvent, SignedOutEvent, TokensRefreshed, tell
from userpool.transport.scripted import ScriptedTransport, grants, refuses, says

NOON = 1_767_268_800
ALICE = says({"Username": "alice", "UserAttributes": []})


class Scene:
    """A pool with a listener, and Alice, who has signed in."""

    def __init__(self, *script: Any) -> None:
        self.told: list[Event] = []
        self.effects = FixedEffects(now=NOON)
        self.transport = ScriptedTransport(grants("alice", expires_epoch=NOON + 3600), *script)
        pool = UserPool(
            "us-east-1_aB12cDe34",
            "7ghr",
            transport=self.transport,
            effects=self.effects,
            retries=RetryPolicy(attempts=1),
            on_event=self.told.append,
        )
        step = pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
        assert isinstance(step, SignedIn)
        self.alice: User = step.user
        self.told.clear()


def test_a_renewal_is_told_with_its_end() -> None:
    scene = Scene(grants("alice", expires_epoch=NOON + 7200), ALICE)
    scene.effects.advance(3600)

    scene.alice.attributes()

    assert scene.told == [TokensRefreshed("alice", NOON + 7200)]


def test_passing_trouble_is_told_although_the_verb_succeeds() -> None:
    trouble = NotReachedError("no cable")
    scene = Scene(trouble, ALICE)
    scene.effects.advance(3570)

    scene.alice.attributes()

    assert scene.told == [RefreshFailed("alice", trouble, signed_out=False)]


def test_the_end_of_a_session_is_told_once() -> None:
    scene = Scene(refuses("NotAuthorizedException", "Refresh Token has been revoked"))

    with pytest.raises(NotAuthorizedException) as caught:
        scene.alice.refresh()

    assert scene.told == [RefreshFailed("alice", caught.value, signed_out=True)]


def test_signing_out_is_told_once() -> None:
    scene = Scene(says({}))

    scene.alice.sign_out()
    scene.alice.sign_out()

    assert scene.told == [SignedOutEvent("alice")]


def test_whoever_listens_finds_things_as_they_are_told() -> None:
    seen: list[object] = []
    transport = ScriptedTransport(grants("alice", expires_epoch=4e9), says({}))
    pool = UserPool(
        "us-east-1_aB12cDe34",
        "7ghr",
        transport=transport,
        on_event=lambda _: seen.append(pool.current_user()),
    )
    step = pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    seen.clear()

    step.user.sign_out()

    assert seen == [None]


def test_a_listener_that_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Event) -> None:
        raise KeyError("a mistake")

    with caplog.at_level(logging.ERROR, logger="userpool"):
        tell(fail, SignedInEvent("alice"))

    [record] = caplog.records
    assert (record.name, record.message) == ("userpool", "A listener failed at SignedInEvent.")
    assert record.exc_info is not None


def test_without_a_listener_nobody_is_told() -> None:
    tell(None, SignedInEvent("alice"))


def test_a_listener_that_renews_what_is_being_renewed_does_not_wait_for_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene(grants("alice", expires_epoch=NOON + 7200))
    transport = scene.transport
    asked: list[Any] = []
    pool = UserPool(
        "us-east-1_aB12cDe34",
        "7ghr",
        transport=transport,
        effects=scene.effects,
        on_event=lambda _: asked.append(user.refresh()),
    )
    user = pool.user_from_tokens(scene.alice.tokens)

    with caplog.at_level(logging.ERROR, logger="userpool"):
        user.refresh()

    assert (asked, len(caplog.records)) == ([], 1)


def test_events_have_no_secrets() -> None:
    scene = Scene(grants("alice", expires_epoch=NOON + 7200, refresh_token="the secret"), says({}))

    scene.alice.refresh()
    scene.alice.sign_out()

    assert "secret" not in repr(scene.told)
    assert repr(scene.told[1]) == "SignedOutEvent(username='alice', elsewhere=False)"


class Watcher:
    """A listener with methods of both kinds."""

    async def watch(self, _: Event) -> None: ...

    def look(self, _: Event) -> None: ...


async def later(_: Event) -> None: ...


@pytest.mark.parametrize("listener", [later, Watcher().watch, "a name"])
def test_what_nobody_could_call_is_no_listener(listener: Any) -> None:
    with pytest.raises(SettingsError, match="on_event="):
        UserPool("us-east-1_aB12cDe34", "7ghr", on_event=listener)


def test_a_method_is_a_listener() -> None:
    UserPool("us-east-1_aB12cDe34", "7ghr", on_event=Watcher().look).close()
