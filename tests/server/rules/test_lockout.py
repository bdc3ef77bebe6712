"""When password attempts are locked, and for how long; how often an operation may be called."""

from __future__ import annotations

import pytest

from userpool.server.records import Attempts
from userpool.server.rules.lockout import (
    HOUR_MS,
    HOURLY_LIMITS,
    QUIET_MS,
    after_call,
    after_failure,
    is_locked,
)

NOW = 1_767_225_600_000

# Failures in a row, each at the first moment at which an attempt is looked at again: seconds of the lock.
LOCKS = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (6, 2),
    (7, 4),
    (8, 8),
    (9, 16),
    (10, 32),
    (11, 64),
    (12, 128),
    (13, 256),
    (14, 512),
    (15, 900),
    (16, 900),
    (17, 900),
    (18, 900),
    (19, 900),
    (20, 900),
]


@pytest.mark.parametrize(("failures", "seconds"), LOCKS)
def test_each_failure_after_the_fifth_doubles_the_lock_up_to_a_quarter_of_an_hour(
    failures: int, seconds: int
) -> None:
    counted, now_ms = failed(failures)

    assert counted.failures == failures
    assert is_locked(counted, now_ms) is (seconds > 0)
    assert is_locked(counted, now_ms + seconds * 1000 - 1) is (seconds > 0)
    assert not is_locked(counted, now_ms + seconds * 1000)


def test_nobody_who_never_failed_is_locked() -> None:
    assert not is_locked(None, NOW)


def test_a_quiet_quarter_of_an_hour_starts_the_count_anew() -> None:
    counted, now_ms = failed(4)

    assert after_failure(counted, now_ms + QUIET_MS - 1).failures == 5
    assert after_failure(counted, now_ms + QUIET_MS).failures == 1


def test_the_quiet_time_begins_when_the_lock_ends() -> None:
    counted, now_ms = failed(15)
    unlocked_ms = now_ms + 900 * 1000

    assert after_failure(counted, unlocked_ms).failures == 16
    assert after_failure(counted, unlocked_ms + QUIET_MS - 1).failures == 16
    assert after_failure(counted, unlocked_ms + QUIET_MS).failures == 1


def test_a_count_of_many_thousands_makes_no_number_of_many_thousand_digits() -> None:
    counted = Attempts(failures=1_000_000, since_ms=NOW, locked_until_ms=NOW)

    assert after_failure(counted, NOW).locked_until_ms == NOW + 900 * 1000


@pytest.mark.parametrize("operation", sorted(HOURLY_LIMITS))
def test_an_operation_is_called_so_many_times_an_hour_and_no_more(operation: str) -> None:
    counted = None
    for call in range(HOURLY_LIMITS[operation]):
        counted = after_call(counted, operation, now_ms=NOW + call)
        assert counted is not None

    assert after_call(counted, operation, now_ms=NOW + HOUR_MS - 1) is None


def test_the_hour_begins_with_the_first_call() -> None:
    first = after_call(None, "ForgotPassword", now_ms=NOW)
    second = after_call(first, "ForgotPassword", now_ms=NOW + HOUR_MS - 1)
    assert second is not None
    assert (second.failures, second.since_ms) == (2, NOW)

    third = after_call(second, "ForgotPassword", now_ms=NOW + HOUR_MS)

    assert third is not None
    assert (third.failures, third.since_ms) == (1, NOW + HOUR_MS)


def failed(times: int) -> tuple[Attempts, int]:
    """Return the count after failures in a row, and when the last of them was."""
    counted, now_ms = None, NOW
    for _ in range(times):
        now_ms = max(now_ms, counted.locked_until_ms if counted else 0)
        counted = after_failure(counted, now_ms)
    assert counted is not None
    return counted, now_ms
