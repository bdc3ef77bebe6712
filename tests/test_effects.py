"""The clock and the entropy of the machine, real and fixed."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.effects import Effects, FixedEffects, MachineEffects, digits, token_text, uuid4_text


class Bytes:
    """An entropy source that gives these bytes and then no more."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def now(self) -> float:
        return 0.0

    def random_bytes(self, size: int) -> bytes:
        given, self.data = self.data[:size], self.data[size:]
        assert given, "asked for more than there is"
        return given.ljust(size, b"\xff")


def test_the_machine_tells_its_own_time() -> None:
    before = time.time()

    told = MachineEffects().now()

    assert before <= told <= time.time()


def test_the_machine_never_draws_the_same_bytes_twice() -> None:
    effects = MachineEffects()

    drawn = {effects.random_bytes(16) for _ in range(1000)}

    assert len(drawn) == 1000
    assert {len(one) for one in drawn} == {16}


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    effects = FixedEffects(now=1000.0)
    assert (effects.now(), effects.now()) == (1000.0, 1000.0)

    effects.advance(2.5)
    assert effects.now() == 1002.5

    effects.advance(-10)
    assert effects.now() == 992.5


def test_a_fixed_clock_begins_in_2026() -> None:
    assert time.gmtime(FixedEffects().now())[:6] == (2026, 1, 1, 0, 0, 0)


def test_the_same_seed_draws_the_same_bytes() -> None:
    one, other = FixedEffects(seed=7), FixedEffects(seed=7, now=5)
    other.advance(100)

    assert [one.random_bytes(n) for n in (1, 32, 0, 1000)] == [
        other.random_bytes(n) for n in (1, 32, 0, 1000)
    ]


def test_another_seed_and_another_draw_give_other_bytes() -> None:
    effects = FixedEffects(seed=1)

    assert effects.random_bytes(16) != effects.random_bytes(16)
    assert FixedEffects(seed=1).random_bytes(16) != FixedEffects(seed=2).random_bytes(16)


def test_threads_never_get_the_same_draw() -> None:
    effects = FixedEffects()

    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda _: effects.random_bytes(16), range(2000)))

    assert len(set(drawn)) == 2000


@pytest.mark.parametrize("effects", [MachineEffects(), FixedEffects()])
def test_a_random_uuid_is_of_version_4(effects: Effects) -> None:
    for _ in range(200):
        text = uuid4_text(effects)

        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)


@given(st.binary(min_size=16, max_size=16))
def test_a_uuid_is_the_one_that_the_standard_library_makes_of_the_same_bytes(data: bytes) -> None:
    assert uuid4_text(Bytes(data)) == str(uuid.UUID(bytes=data, version=4))


def test_a_code_is_made_of_digits() -> None:
    code = digits(FixedEffects(), 6)

    assert len(code) == 6
    assert set(code) <= set("0123456789")


@given(st.integers(0, 300), st.integers(1, 256), st.integers())
def test_a_token_has_the_wanted_length_and_alphabet(count: int, size: int, seed: int) -> None:
    alphabet = "".join(map(chr, range(1000, 1000 + size)))

    text = token_text(FixedEffects(seed=seed), alphabet, count=count)

    assert len(text) == count
    assert set(text) <= set(alphabet)


def test_every_character_comes_from_equally_many_bytes() -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    usable = 256 // 36 * 36
    # The four bytes that are one too many for some characters come first, then all others.
    every_byte = Bytes(bytes(range(usable, 256)) + bytes(range(usable)) + bytes(100))

    text = token_text(every_byte, alphabet, count=usable)

    assert Counter(text) == dict.fromkeys(alphabet, usable // 36)


@pytest.mark.parametrize("alphabet", ["", "x" * 257])
def test_an_impossible_alphabet_is_refused(alphabet: str) -> None:
    with pytest.raises(ValueError, match="between 1 and 256"):
        token_text(FixedEffects(), alphabet, count=1)
