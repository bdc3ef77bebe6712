"""Sealed values open for their purpose and their owner, and for nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.effects import FixedEffects
from userpool.server.sealing import Sealer, UnsealError

SECRET = b"a verifier that nobody may read"


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(bytes(range(32)), FixedEffects())


def test_what_was_sealed_can_be_opened(sealer: Sealer) -> None:
    sealed = sealer.seal("password", SECRET, context="pool sub")

    assert sealer.open("password", sealed, context="pool sub") == SECRET
    assert SECRET not in sealed


def test_the_same_value_is_sealed_differently_each_time(sealer: Sealer) -> None:
    assert sealer.seal("password", SECRET, context="a") != sealer.seal("password", SECRET, context="a")


@pytest.mark.parametrize(("purpose", "context"), [("session", "pool sub"), ("password", "pool other")])
def test_a_value_opens_for_no_other_purpose_and_no_other_owner(
    sealer: Sealer, purpose: str, context: str
) -> None:
    sealed = sealer.seal("password", SECRET, context="pool sub")

    with pytest.raises(UnsealError):
        sealer.open(purpose, sealed, context=context)


def test_a_value_opens_under_no_other_root_key(sealer: Sealer) -> None:
    sealed = sealer.seal("password", SECRET, context="a")

    with pytest.raises(UnsealError):
        Sealer(bytes(32), FixedEffects()).open("password", sealed, context="a")


def test_a_value_in_which_any_bit_was_changed_does_not_open(sealer: Sealer) -> None:
    sealed = sealer.seal("password", SECRET, context="a")

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(UnsealError):
            sealer.open("password", bytes(changed), context="a")


@given(garbage=st.binary(max_size=80), text=st.text(max_size=80))
def test_garbage_does_not_open_and_does_no_harm(garbage: bytes, text: str) -> None:
    sealer = Sealer(bytes(range(32)), FixedEffects())

    with pytest.raises(UnsealError):
        sealer.open("password", garbage, context="a")
    with pytest.raises(UnsealError):
        sealer.open_text("password", text, context="a")


def test_text_forms_open_again(sealer: Sealer) -> None:
    sealed = sealer.seal_text("session", SECRET, context="a")

    assert "=" not in sealed
    assert sealer.open_text("session", sealed, context="a") == SECRET


def test_nothing_about_the_key_is_shown(sealer: Sealer) -> None:
    assert repr(sealer) == "Sealer(***)"
    assert bytes(range(32)).hex()[:16] not in sealer.fingerprint()


def test_a_root_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"short", FixedEffects())
