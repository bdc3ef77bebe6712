"""What happens to an identity pool's people while it is asked: they are forgotten, or their logins expire."""

from __future__ import annotations

import pytest
from async_identity_scene import (
    EXPIRED,
    HOUR,
    KEY,
    PROVIDER,
    Scene,
    gives,
    id_token,
    meanwhile,
    names,
    renews,
)

from userpool import Tokens
from userpool.transport.scripted import refuses, says, token_text
from userpool.wire.faults import NotAuthorizedException

pytestmark = pytest.mark.anyio

# ---- forgotten while something is under way ----


@pytest.mark.parametrize("everybody", [False, True])
async def test_to_forget_somebody_is_not_undone_by_a_renewal_that_is_under_way(*, everybody: bool) -> None:
    scene = Scene(names(1), gives(1))
    alice = scene.somebody()
    await scene.pool.credentials(alice)
    scene.effects.advance(HOUR - 1)
    forget = scene.pool.clear if everybody else lambda: scene.pool.forget(alice)
    scene.transport.add(meanwhile(forget, gives(2, lasting=2 * HOUR)), names(1), gives(3))

    assert (await scene.pool.credentials(alice)).access_key_id == "ASIA2"

    assert scene.storage == {}
    assert (await scene.pool.credentials(alice)).access_key_id == "ASIA3"


async def test_to_forget_somebody_is_not_undone_by_a_renewal_of_their_login() -> None:
    scene = Scene(names(1), EXPIRED)
    alice = scene.somebody(refresh_token="r")
    scene.transport.add(meanwhile(lambda: scene.pool.forget(alice), renews()), names(1), gives(1))

    assert (await scene.pool.credentials(alice)).access_key_id == "ASIA1"

    assert scene.storage == {}


async def test_a_guest_who_is_forgotten_while_they_are_named_stays_forgotten() -> None:
    scene = Scene()
    scene.transport.add(meanwhile(scene.pool.forget, names(1)), names(2))

    assert await scene.pool.identity_id() == "us-east-1:1"

    assert scene.storage == {}
    assert await scene.pool.identity_id() == "us-east-1:2"


async def test_a_token_of_the_basic_flow_does_not_bring_back_who_was_forgotten() -> None:
    scene = Scene(names(1))
    token = says({"IdentityId": "us-east-1:2", "Token": token_text({})})
    scene.transport.add(meanwhile(scene.pool.forget, token))

    await scene.pool.open_id_token()

    assert scene.storage == {}


async def test_to_forget_one_person_loses_nothing_of_another() -> None:
    scene = Scene()
    alice = scene.somebody()
    scene.transport.add(meanwhile(lambda: scene.pool.forget(alice), names(1)))

    await scene.pool.identity_id()

    assert scene.storage == {f"{KEY}identityId": "us-east-1:1"}


# ---- a login that has expired ----


async def test_a_login_that_the_service_finds_expired_is_renewed() -> None:
    scene = Scene(names(1), EXPIRED, renews(), gives(1))
    alice = scene.somebody(refresh_token="r")
    old = alice.tokens.id_token

    credentials = await scene.pool.credentials(alice)

    assert scene.transport.operations[2:] == ["GetTokensFromRefreshToken", "GetCredentialsForIdentity"]
    assert scene.asked[-1][1]["Logins"] == {PROVIDER: alice.tokens.id_token} != {PROVIDER: old}
    assert await scene.pool.credentials(alice) is credentials


async def test_an_expired_login_is_renewed_for_the_id_and_for_the_basic_flow_too() -> None:
    token = says({"IdentityId": "us-east-1:1", "Token": token_text({})})
    scene = Scene(EXPIRED, renews(1), names(1), EXPIRED, renews(2), token)
    alice = scene.somebody(refresh_token="r")

    assert await scene.pool.identity_id(alice) == "us-east-1:1"
    assert (await scene.pool.open_id_token(alice)).identity_id == "us-east-1:1"


async def test_a_login_is_renewed_once_and_no_more() -> None:
    scene = Scene(names(1), EXPIRED, renews(), EXPIRED)

    with pytest.raises(NotAuthorizedException, match="Token expired"):
        await scene.pool.credentials(scene.somebody(refresh_token="r"))


async def test_a_login_that_cannot_be_renewed_is_refused() -> None:
    scene = Scene(names(1), EXPIRED)

    with pytest.raises(NotAuthorizedException, match="Token expired"):
        await scene.pool.credentials(scene.somebody())


async def test_a_login_that_is_refused_for_another_reason_is_not_renewed() -> None:
    refusal = refuses("NotAuthorizedException", "Invalid login token. Couldn't verify signed token.")
    scene = Scene(names(1), refusal)

    with pytest.raises(NotAuthorizedException, match="verify"):
        await scene.pool.credentials(scene.somebody(refresh_token="r"))


async def test_a_login_that_somebody_else_has_renewed_meanwhile_is_not_renewed_again() -> None:
    scene = Scene(names(1))
    alice = scene.somebody(refresh_token="r")
    new = Tokens(alice.tokens.access_token, id_token=id_token("alice", number=2), refresh_token="r")
    sessions, session = alice._line.sessions, alice._session  # noqa: SLF001 - a renewal ends there
    renewed = meanwhile(lambda: sessions.renewed(session, alice.tokens, new=new), EXPIRED)
    scene.transport.add(renewed, gives(1))

    await scene.pool.credentials(alice)

    assert scene.asked[-1][1]["Logins"] == {PROVIDER: new.id_token}
