"""Time-based one-time passwords."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.crypto.totp import SEED_BYTES, matching_step, step_of, totp

# The seed of both RFCs' vectors.
SEED = b"12345678901234567890"
NOW = 1_767_225_615.0


@pytest.mark.parametrize(
    ("counter", "code"),
    [
        (0, "755224"),
        (1, "287082"),
        (2, "359152"),
        (3, "969429"),
        (4, "338314"),
        (5, "254676"),
        (6, "287922"),
        (7, "162583"),
        (8, "399871"),
        (9, "520489"),
    ],
)
def test_codes_are_those_of_rfc_4226(counter: int, code: str) -> None:
    assert totp(SEED, counter) == code


@pytest.mark.parametrize(
    ("time", "eight_digits"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_times_are_those_of_rfc_6238(time: int, eight_digits: str) -> None:
    assert totp(SEED, step_of(time)) == eight_digits[-6:]


@given(seed=st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES), now=st.integers(0, 2**33))
def test_another_authenticator_shows_the_same(seed: bytes, now: int) -> None:
    theirs = pyotp.TOTP(b32encode(seed).decode())

    assert totp(seed, step_of(now)) == theirs.at(datetime.fromtimestamp(now, tz=UTC))


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_a_clock_may_be_a_step_off(drift: int) -> None:
    code = totp(SEED, step_of(NOW + drift))

    assert matching_step(SEED, code, now=NOW, after_step=-1) == step_of(NOW + drift)


@pytest.mark.parametrize("drift", [-60, 60])
def test_two_steps_off_is_too_much(drift: int) -> None:
    code = totp(SEED, step_of(NOW + drift))

    assert matching_step(SEED, code, now=NOW, after_step=-1) is None


def test_a_step_that_was_used_and_those_before_it_count_no_more() -> None:
    used = step_of(NOW)

    assert matching_step(SEED, totp(SEED, used), now=NOW, after_step=used) is None
    assert matching_step(SEED, totp(SEED, used - 1), now=NOW, after_step=used) is None
    assert matching_step(SEED, totp(SEED, used + 1), now=NOW, after_step=used) == used + 1


@pytest.mark.parametrize("code", ["", "00000", "0000000", "١٢٣٤٥٦", "abcdef"])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert matching_step(SEED, code, now=NOW, after_step=-1) is None


def test_there_is_no_step_before_the_epoch() -> None:
    assert matching_step(SEED, totp(SEED, 0), now=0.0, after_step=-1) == 0
