"""Keeping a pool's keys: fetched when they are needed, and hardly ever otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from async_publisher import AsyncPublisher, jwks

from userpool.async_issuer_keys import AsyncIssuerKeys
from userpool.effects import FixedEffects
from userpool.errors import GarbledAnswerError, NotReachedError, TransportError
from userpool.transport import HttpReply

pytestmark = pytest.mark.anyio

URL = "https://pool.example.com/us-east-1_aB12cDe34/.well-known/jwks.json"
DOWN = NotReachedError("The cable is out.")


class Scene:
    """Somebody's keys, the place where they are published, and the clock."""

    def __init__(self, *kids: str, **settings: Any) -> None:
        self.effects = FixedEffects()
        self.publisher = AsyncPublisher(*kids)
        self.losses: list[float] = []
        given: dict[str, Any] = {
            "transport": self.publisher,
            "agent": "userpool",
            "effects": self.effects,
            "timeout_seconds": 3.0,
            "max_age_seconds": 3_600.0,
            "cooldown_seconds": 10.0,
            "on_loss": lambda: self.losses.append(self.effects.now()),
        }
        self.keys = AsyncIssuerKeys(URL, **{**given, **settings})

    @property
    def fetches(self) -> int:
        return len(self.publisher.requests)


async def test_keys_are_fetched_from_their_address() -> None:
    scene = Scene("one", "two")

    await scene.keys.freshen()

    (request,) = scene.publisher.requests
    assert (request.method, request.url, request.body) == ("GET", URL, b"")
    assert scene.publisher.timeouts == [3.0]
    assert set(scene.keys.current) == {"one", "two"}


async def test_keys_at_hand_are_used_for_an_hour() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.effects.advance(3_599)

    await scene.keys.freshen()

    assert scene.fetches == 1


async def test_keys_are_fetched_again_after_an_hour() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.effects.advance(3_600)

    await scene.keys.freshen()

    assert scene.fetches == 2


async def test_old_keys_stay_when_the_pool_cannot_be_reached() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.publisher.answer = DOWN
    scene.effects.advance(3_600)

    await scene.keys.freshen()

    assert set(scene.keys.current) == {"one"}
    assert scene.losses == []


async def test_a_pool_that_cannot_be_reached_is_tried_again_after_the_cooldown() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.publisher.answer = DOWN
    scene.effects.advance(3_600)
    await scene.keys.freshen()

    scene.effects.advance(9)
    await scene.keys.freshen()
    assert scene.fetches == 2

    scene.effects.advance(1)
    await scene.keys.freshen()
    assert scene.fetches == 3


async def test_without_any_keys_the_failure_is_told() -> None:
    scene = Scene()
    scene.publisher.answer = DOWN

    with pytest.raises(NotReachedError):
        await scene.keys.freshen()
    with pytest.raises(TransportError, match="a moment ago"):
        await scene.keys.freshen()

    assert scene.fetches == 1


async def test_the_first_keys_are_fetched_as_soon_as_the_cooldown_is_over() -> None:
    scene = Scene("one")
    known, scene.publisher.answer = scene.publisher.answer, DOWN
    with pytest.raises(NotReachedError):
        await scene.keys.freshen()
    scene.publisher.answer = known
    scene.effects.advance(10)

    await scene.keys.freshen()

    assert set(scene.keys.current) == {"one"}


async def test_a_new_key_is_found_when_a_token_names_it() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.publisher.answer = jwks("one", "two")
    scene.effects.advance(10)

    await scene.keys.look_again()

    assert set(scene.keys.current) == {"one", "two"}
    assert scene.losses == []


async def test_invented_key_ids_cause_one_fetch_per_cooldown() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.effects.advance(10)

    for _ in range(50):
        await scene.keys.look_again()

    assert scene.fetches == 2


async def test_looking_again_in_vain_is_no_error() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    before = scene.keys.current
    scene.publisher.answer = DOWN
    scene.effects.advance(10)

    await scene.keys.look_again()

    assert scene.keys.current is before


async def test_a_clock_that_is_turned_back_does_not_hold_up_the_next_fetch() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.effects.advance(-100_000)

    await scene.keys.look_again()

    assert scene.fetches == 2


@pytest.mark.parametrize("later", [("two",), ("two", "three")])
async def test_a_key_that_was_withdrawn_is_told(later: tuple[str, ...]) -> None:
    scene = Scene("one", "two")
    await scene.keys.freshen()
    scene.publisher.answer = jwks(*later)
    scene.effects.advance(3_600)

    await scene.keys.freshen()

    assert "one" not in scene.keys.current
    assert len(scene.losses) == 1


async def test_another_key_under_the_same_id_is_a_loss_too() -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    (other,) = jwks("two")["keys"]
    scene.publisher.answer = {"keys": [{**other, "kid": "one"}]}
    scene.effects.advance(3_600)

    await scene.keys.freshen()

    assert len(scene.losses) == 1


@pytest.mark.parametrize(
    "answer",
    [
        HttpReply(404, {}, b"not here"),
        HttpReply(302, {"location": "https://evil.example"}, b""),
        HttpReply(200, {}, b"<html>Sign in to the hotel's network</html>"),
        HttpReply(200, {}, b'{"keys": []}'),
        HttpReply(200, {}, json.dumps({**jwks("one", "two"), "padding": " " * 300_000}).encode()),
    ],
    ids=["gone", "elsewhere", "a page", "empty", "large"],
)
async def test_what_is_no_key_set_of_a_pool_replaces_nothing(answer: HttpReply) -> None:
    scene = Scene("one")
    await scene.keys.freshen()
    scene.publisher.answer = answer

    with pytest.raises(GarbledAnswerError):
        await scene.keys.load()

    assert set(scene.keys.current) == {"one"}


async def test_given_keys_are_never_fetched() -> None:
    scene = Scene(document=jwks("one"))
    scene.effects.advance(1_000_000)

    await scene.keys.freshen()
    await scene.keys.look_again()
    await scene.keys.load()

    assert scene.fetches == 0
    assert set(scene.keys.current) == {"one"}


async def test_what_is_given_must_be_a_key_set() -> None:
    with pytest.raises(GarbledAnswerError):
        Scene(document="{}")
