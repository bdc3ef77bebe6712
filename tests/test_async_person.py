"""Who is signed in, and their tokens."""

from __future__ import annotations

import pytest
from async_scene import NOON, Scene

from userpool import NotSignedInError, SignedOutEvent, TokensRefreshed
from userpool.steps import SignedIn
from userpool.transport.scripted import grants, says

pytestmark = pytest.mark.anyio


async def test_a_user_knows_who_they_are() -> None:
    alice = await Scene().somebody(more={"email": "a@e", "cognito:groups": ["staff"]})

    assert (alice.username, alice.sub) == ("alice", "the sub of alice")
    assert (alice.claims["email"], alice.claims["token_use"]) == ("a@e", "id")
    assert alice.is_signed_in


async def test_the_name_that_was_typed_is_known_until_the_sign_out() -> None:
    scene = Scene()
    scene.transport.add(grants("alice", expires_epoch=NOON + 3600), says({}))
    step = await scene.pool.sign_in("Alice@Example.com", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    again = Scene(scene.storage).pool.current_user()
    assert again is not None

    before = (step.user.username, step.user.login_name, again.login_name)
    await step.user.sign_out()

    assert before == ("alice", "Alice@Example.com", "Alice@Example.com")
    assert (step.user.login_name, scene.storage) == (None, {})


async def test_nobody_typed_a_name_for_tokens_that_were_handed_in() -> None:
    scene = Scene()
    alice = await scene.somebody()

    assert scene.pool.user_from_tokens(alice.tokens).login_name is None


async def test_a_look_into_the_storage_tells_what_was_done_elsewhere() -> None:
    told: list[object] = []
    scene = Scene(on_event=told.append)
    alice = await scene.somebody()
    other = Scene(scene.storage)
    elsewhere = other.pool.current_user()
    assert elsewhere is not None
    other.transport.add(grants("alice", expires_epoch=NOON + 7200), says({}))
    told.clear()

    renewed = await elsewhere.refresh()
    assert alice.reload() == renewed
    await elsewhere.sign_out()
    with pytest.raises(NotSignedInError, match="elsewhere"):
        alice.reload()

    assert told == [
        TokensRefreshed("alice", NOON + 7200, elsewhere=True),
        SignedOutEvent("alice", elsewhere=True),
    ]
    assert scene.asked() == []


async def test_a_user_does_not_show_their_tokens() -> None:
    alice = await Scene().somebody()

    assert repr(alice).endswith("User 'alice'>")


async def test_a_renewal_on_demand_brings_new_claims() -> None:
    scene = Scene()
    alice = await scene.somebody(grants("alice", expires_epoch=NOON + 7200, more={"email": "b@e"}))

    tokens = await alice.refresh(client_metadata={"a": "b"})

    assert alice.tokens is tokens
    assert alice.claims["email"] == "b@e"
    assert scene.asked() == [
        (
            "GetTokensFromRefreshToken",
            {
                "RefreshToken": "the refresh token of alice",
                "ClientId": "7ghr",
                "ClientMetadata": {"a": "b"},
            },
        )
    ]


async def test_nobody_does_anything_after_signing_out() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))
    await alice.sign_out()

    with pytest.raises(NotSignedInError, match="alice is signed out"):
        await alice.attributes()
    with pytest.raises(NotSignedInError):
        await alice.refresh()
    with pytest.raises(NotSignedInError):
        await alice.fresh_tokens()
    with pytest.raises(NotSignedInError):
        _ = alice.tokens
    with pytest.raises(NotSignedInError):
        _ = alice.claims
    assert len(scene.asked()) == 1
