"""What time it is at the service."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.effects import FixedEffects
from userpool.transport.clock import ServiceClock, parse_http_date

NOON = 1_767_268_800.0


@pytest.fixture
def effects() -> FixedEffects:
    return FixedEffects(now=NOON)


@pytest.fixture
def clock(effects: FixedEffects) -> ServiceClock:
    return ServiceClock(effects)


def date(epoch_seconds: float) -> str:
    return formatdate(epoch_seconds, usegmt=True)


def test_without_a_reply_the_machine_s_clock_counts(clock: ServiceClock) -> None:
    assert (clock.now(), clock.local_now(), clock.offset_seconds) == (NOON, NOON, 0.0)


@pytest.mark.parametrize("wrong_by", [-86_400, -300, 300, 40_000_000])
def test_a_reply_corrects_a_wrong_clock(clock: ServiceClock, effects: FixedEffects, wrong_by: int) -> None:
    clock.learn(date(NOON - wrong_by), sent_at=NOON, received_at=NOON)

    assert clock.now() == pytest.approx(NOON - wrong_by, abs=1)
    effects.advance(60)
    assert clock.now() == pytest.approx(NOON - wrong_by + 60, abs=1)
    assert clock.local_now() == NOON + 60


def test_what_whole_seconds_and_a_slow_line_explain_is_no_wrong_clock(clock: ServiceClock) -> None:
    clock.learn(date(NOON - 1), sent_at=NOON, received_at=NOON + 8)
    assert clock.offset_seconds == 0.0

    clock.learn(date(NOON + 7), sent_at=NOON, received_at=NOON + 8)
    assert clock.offset_seconds == 0.0


def test_a_clock_that_was_put_right_is_believed_again(clock: ServiceClock) -> None:
    clock.learn(date(NOON + 500), sent_at=NOON, received_at=NOON)

    clock.learn(date(NOON), sent_at=NOON, received_at=NOON)

    assert clock.offset_seconds == 0.0


@pytest.mark.parametrize("text", [None, "", "yesterday", "Thu, 01 Foo 2026 12:00:00 GMT", "0"])
def test_what_is_no_date_teaches_nothing(clock: ServiceClock, text: str | None) -> None:
    clock.learn(date(NOON + 500), sent_at=NOON, received_at=NOON)
    before = clock.offset_seconds

    clock.learn(text, sent_at=NOON, received_at=NOON)

    assert clock.offset_seconds == before


def test_a_remembered_offset_counts_until_a_reply_tells_better(clock: ServiceClock) -> None:
    clock.suppose(120.0)
    assert clock.now() == NOON + 120

    clock.learn(date(NOON), sent_at=NOON, received_at=NOON)
    clock.suppose(120.0)

    assert clock.now() == NOON


@given(st.integers(min_value=0, max_value=4_102_444_800))
def test_every_date_is_read_as_the_standard_library_writes_it(epoch_seconds: int) -> None:
    assert parse_http_date(date(epoch_seconds)) == epoch_seconds


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 01 Jan 2026 12:00:00 +0000",
        "Thu, 32 Jan 2026 12:00:00 GMT",
        "Thu, 01 Jan 2026 25:00:00 GMT",
        "Thursday, 01-Jan-26 12:00:00 GMT",
        "Thu Jan  1 12:00:00 2026",
    ],
)
def test_other_forms_are_not_read(text: str) -> None:
    assert parse_http_date(text) is None


def test_a_leap_second_is_read_as_the_one_before() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == parse_http_date(
        "Sat, 31 Dec 2016 23:59:59 GMT"
    )
