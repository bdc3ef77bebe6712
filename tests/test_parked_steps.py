"""Steps that wait as text, sealed or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool import ChallengeError, SettingsError, TotpRequired, load_step
from userpool.answers import UnderWay
from userpool.crypto.sealed_text import seal_text
from userpool.devices import KnownDevice
from userpool.effects import FixedEffects

KEY, OLD, FOREIGN = b"k" * 32, b"o" * 32, b"f" * 32
STEP = TotpRequired(
    client_id="the client",
    username="alice",
    session="the session",
    under_way=UnderWay(device=KnownDevice("key", "the group", "the device's password")),
)


def test_a_sealed_step_can_be_read_back_with_its_key() -> None:
    assert load_step(STEP.dump(sealing_key=KEY), sealing_keys=[KEY]) == STEP


def test_a_sealed_step_shows_nothing_and_never_looks_the_same_twice() -> None:
    first, second = STEP.dump(sealing_key=KEY), STEP.dump(sealing_key=KEY)

    assert first != second
    assert set(first) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert "alice" not in first


def test_a_step_that_was_sealed_with_the_key_before_can_still_be_read() -> None:
    assert load_step(STEP.dump(sealing_key=OLD), sealing_keys=[KEY, OLD]) == STEP


def test_a_step_that_was_sealed_with_another_key_is_refused() -> None:
    with pytest.raises(ChallengeError, match="sealed with one of these keys"):
        load_step(STEP.dump(sealing_key=FOREIGN), sealing_keys=[KEY, OLD])


def test_a_step_that_is_not_sealed_is_refused_where_there_are_keys() -> None:
    with pytest.raises(ChallengeError) as caught:
        load_step(STEP.dump(), sealing_keys=[KEY])

    assert "the session" not in f"{caught.value} {caught.value.__cause__}"


def test_a_sealed_step_is_no_step_without_its_keys() -> None:
    sealed = STEP.dump(sealing_key=KEY)

    with pytest.raises(ChallengeError) as caught:
        load_step(sealed)

    assert sealed not in f"{caught.value} {caught.value.__cause__}"


@given(st.data())
def test_a_sealed_step_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    sealed = STEP.dump(sealing_key=KEY, effects=FixedEffects())
    # The last character may hold bits that belong to no byte.
    place = data.draw(st.integers(0, len(sealed) - 2))
    other = data.draw(st.characters().filter(lambda character: character != sealed[place]))

    with pytest.raises(ChallengeError):
        load_step(sealed[:place] + other + sealed[place + 1 :], sealing_keys=[KEY], effects=FixedEffects())


@given(st.text())
def test_no_text_breaks_the_reader_of_sealed_steps(text: str) -> None:
    with pytest.raises(ChallengeError):
        load_step(text, sealing_keys=[KEY])


@pytest.mark.parametrize("context", ["", "CognitoIdentityServiceProvider.client.alice.accessToken"])
def test_what_was_sealed_for_something_else_is_no_step(context: str) -> None:
    elsewhere = seal_text(STEP.dump(), key=KEY, nonce=b"n" * 12, context=context)

    with pytest.raises(ChallengeError):
        load_step(elsewhere, sealing_keys=[KEY])


def test_a_sealed_step_is_good_for_a_quarter_of_an_hour() -> None:
    effects = FixedEffects()
    sealed = STEP.dump(sealing_key=KEY, effects=effects)

    effects.advance(15 * 60)
    assert load_step(sealed, sealing_keys=[KEY], effects=effects) == STEP

    effects.advance(1)
    with pytest.raises(ChallengeError, match="too long ago"):
        load_step(sealed, sealing_keys=[KEY], effects=effects)


def test_how_old_a_sealed_step_may_be_is_the_reader_s_to_say() -> None:
    effects = FixedEffects()
    sealed = STEP.dump(sealing_key=KEY, effects=effects)
    effects.advance(181)

    assert load_step(sealed, sealing_keys=[KEY], max_age_seconds=200, effects=effects) == STEP
    with pytest.raises(ChallengeError, match="too long ago"):
        load_step(sealed, sealing_keys=[KEY], max_age_seconds=180, effects=effects)


def test_a_clock_that_is_a_little_behind_is_no_harm_and_one_far_behind_is() -> None:
    effects = FixedEffects()
    sealed = STEP.dump(sealing_key=KEY, effects=effects)

    effects.advance(-2)
    assert load_step(sealed, sealing_keys=[KEY], effects=effects) == STEP

    effects.advance(-15 * 60)
    with pytest.raises(ChallengeError):
        load_step(sealed, sealing_keys=[KEY], effects=effects)


@pytest.mark.parametrize("keys", [[], [b""], [b"k" * 31], [KEY, b"k" * 33]])
def test_keys_that_are_none_are_told_to_whoever_set_them(keys: list[bytes]) -> None:
    # No keys at all are a mistake in the settings: reading on without would believe anybody.
    with pytest.raises(SettingsError, match="32 bytes"):
        load_step(STEP.dump(), sealing_keys=keys)


@pytest.mark.parametrize("key", [b"", b"k" * 31])
def test_a_step_is_never_sealed_with_a_key_that_is_none(key: bytes) -> None:
    with pytest.raises(SettingsError, match="32 bytes"):
        STEP.dump(sealing_key=key)
