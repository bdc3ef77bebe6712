"""What is kept beside the tokens of a session: the profile, and the device's secret."""

from __future__ import annotations

import pytest

from userpool import NotSignedInError, Tokens
from userpool.devices import KnownDevice
from userpool.effects import FixedEffects
from userpool.sessions import Sessions
from userpool.storage.layout import Drawer
from userpool.token_bundle import Granted
from userpool.transport.clock import ServiceClock
from userpool.transport.scripted import token_text

NOON = 1_767_268_800
TOKENS = Tokens(token_text({"username": "alice", "exp": NOON + 3600}), refresh_token="r1")
BOUND = Tokens(token_text({"username": "alice", "exp": NOON + 3600, "device_key": "k1"}), refresh_token="r1")


@pytest.fixture
def drawer() -> Drawer:
    return Drawer({}, client_id="7ghr")


@pytest.fixture
def sessions(drawer: Drawer) -> Sessions[object]:
    clock = ServiceClock(FixedEffects(now=NOON))
    return Sessions(drawer, clock=clock, leeway_seconds=60, new_flight=object)


def test_a_profile_is_kept_until_something_changes(sessions: Sessions[object]) -> None:
    alice = sessions.begin(Granted("alice", TOKENS))

    sessions.keep_profile(alice, "{}", version=alice.profile_version)
    before = sessions.kept_profile(alice)
    sessions.profile_changed(alice)

    assert (before, sessions.kept_profile(alice)) == ("{}", None)


def test_a_profile_from_before_a_change_is_not_kept_after_it(sessions: Sessions[object]) -> None:
    alice = sessions.begin(Granted("alice", TOKENS))

    asked = alice.profile_version
    sessions.profile_changed(alice)
    sessions.keep_profile(alice, "{}", version=asked)

    assert sessions.kept_profile(alice) is None


def test_a_profile_that_comes_after_the_sign_out_is_not_kept(
    sessions: Sessions[object], drawer: Drawer
) -> None:
    alice = sessions.begin(Granted("alice", TOKENS))

    sessions.end(alice)
    sessions.keep_profile(alice, "{}", version=alice.profile_version)

    assert drawer.load_profile("alice") is None
    with pytest.raises(NotSignedInError):
        sessions.kept_profile(alice)


def test_nothing_is_kept_for_whoever_keeps_their_tokens_elsewhere(
    sessions: Sessions[object], drawer: Drawer
) -> None:
    drawer.save_profile("alice", "{}")
    drawer.save_device("alice", KnownDevice("k1", "g", "p"))
    guest = sessions.hand_in(TOKENS, username="alice")

    sessions.keep_profile(guest, "other", version=guest.profile_version)
    sessions.profile_changed(guest)
    sessions.forget_device(guest)

    assert (sessions.kept_profile(guest), sessions.device_key(guest)) == (None, None)
    assert drawer.load_profile("alice") == "{}"
    assert drawer.device("alice") is not None


def test_a_device_is_known_by_the_tokens_or_else_by_what_is_stored(
    sessions: Sessions[object], drawer: Drawer
) -> None:
    drawer.save_device("alice", KnownDevice("k2", "g", "p"))

    stored = sessions.device_key(sessions.begin(Granted("alice", TOKENS)))
    bound = sessions.device_key(sessions.hand_in(BOUND, username="alice"))

    assert (stored, bound) == ("k2", "k1")


def test_a_device_is_dropped_by_its_key_or_whichever_it_is(
    sessions: Sessions[object], drawer: Drawer
) -> None:
    alice = sessions.begin(Granted("alice", TOKENS))
    drawer.save_device("alice", KnownDevice("k2", "g", "p"))

    sessions.forget_device(alice, key="another")
    after_another = drawer.device("alice")
    sessions.forget_device(alice)

    assert after_another is not None
    assert drawer.device("alice") is None
