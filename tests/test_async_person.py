"""Who is signed in, and their tokens."""

from __future__ import annotations

import pytest
from async_scene import NOON, Scene

from userpool import NotSignedInError
from userpool.transport.scripted import grants, says

pytestmark = pytest.mark.anyio


async def test_a_user_knows_who_they_are() -> None:
    alice = await Scene().somebody(more={"email": "a@e", "cognito:groups": ["staff"]})

    assert (alice.username, alice.sub) == ("alice", "the sub of alice")
    assert (alice.claims["email"], alice.claims["token_use"]) == ("a@e", "id")
    assert alice.is_signed_in


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
