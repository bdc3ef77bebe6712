"""What was verified already, in bounded space."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from userpool.tokens.remembered import LONGEST_KEPT_TOKEN, Remembered


def kept(size: int, *tokens: str) -> Remembered[str]:
    store = Remembered[str](size)
    for token in tokens:
        store.put(token, token.upper(), generation=0)
    return store


def test_a_token_is_found_by_its_whole_text() -> None:
    store = kept(10, "abc")

    assert store.get("abc") == "ABC"
    assert (store.get("ab"), store.get("abcd"), store.get("ABC")) == (None, None, None)


@given(st.integers(0, 20), st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=200))
def test_it_never_grows_beyond_its_size(size: int, tokens: list[str]) -> None:
    store = Remembered[str](size)

    for token in tokens:
        found = store.get(token)
        assert found in {None, token.upper()}
        store.put(token, token.upper(), generation=0)
        assert len(store) <= size


def test_what_is_used_stays_when_others_come() -> None:
    store = kept(10, "abc")

    for number in range(100):
        store.put(str(number), "", generation=0)
        assert store.get("abc") == "ABC"


def test_what_is_not_used_makes_room() -> None:
    store = kept(10, "abc", *map(str, range(10)))

    assert store.get("abc") is None


def test_a_long_token_is_not_kept() -> None:
    store = kept(10, "a" * LONGEST_KEPT_TOKEN, "b" * (LONGEST_KEPT_TOKEN + 1))

    assert len(store) == 1


def test_one_token_can_be_forgotten() -> None:
    store = kept(4, "a", "b", "c")

    store.forget("a")
    store.forget("c")

    assert [store.get(token) for token in "abc"] == [None, "B", None]


def test_what_was_begun_before_everything_was_forgotten_is_not_kept() -> None:
    store = kept(10, "a")
    begun = store.generation

    store.clear()
    store.put("b", "B", generation=begun)

    assert len(store) == 0
    store.put("b", "B", generation=store.generation)
    assert store.get("b") == "B"


def test_threads_may_share_it() -> None:
    store = Remembered[str](64)

    def work(start: int) -> bool:
        right = True
        for number in range(2_000):
            token = str((start + number) % 200)
            right = right and store.get(token) in {None, token}
            store.put(token, token, generation=store.generation)
            if number % 500 == 0:
                store.clear()
        # Each thread may be about to put one more into either half.
        return right and len(store) <= 64 + 2 * 4

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(0, 200, 50)))
