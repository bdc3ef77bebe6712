"""One person, end to end: signs up, confirms, signs in, reads and changes attributes, refreshes and signs out."""

from __future__ import annotations

import pytest

from userpool import (
    CodeMismatchException,
    NewPasswordRequired,
    NotAuthorizedException,
    SignedIn,
    UserNotConfirmedException,
    load_step,
)
from userpool.wire.users import AdminCreateUser, AdminCreateUserRequest

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"
EMAIL = "alice@example.com"


async def joined(local, pool, now):
    """Sign alice up and confirm her."""
    await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))


async def signed_in(local, pool, now, **options):
    """Sign alice up, confirm her and sign her in."""
    await joined(local, pool, now)
    step = await now(pool.sign_in("alice", PASSWORD, **options))
    assert isinstance(step, SignedIn)
    return step.user


async def test_a_person_lives_the_whole_life_of_an_account(local, pool, now):
    sign_up = await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))
    assert not sign_up.confirmed
    assert sign_up.delivery.destination == "a***@e***"

    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))
    user = (await now(pool.sign_in("alice", PASSWORD))).user
    assert await now(user.attributes()) == {"sub": sign_up.sub, "email": EMAIL, "email_verified": "true"}

    await now(user.update_attributes({"nickname": "Al"}))
    assert (await now(user.attributes()))["nickname"] == "Al"
    await now(user.delete_attributes(["nickname"]))
    assert "nickname" not in await now(user.attributes())

    before = user.tokens
    after = await now(user.refresh())
    assert after.access_token != before.access_token

    result = await now(user.sign_out())
    assert result.revoked
    assert pool.current_user() is None


async def test_the_code_of_somebody_elses_imagination_does_not_confirm(local, pool, now):
    await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))
    code = local.inbox.latest("alice").code

    with pytest.raises(CodeMismatchException):
        await now(pool.confirm_sign_up("alice", f"{(int(code) + 1) % 1_000_000:06d}"))

    with pytest.raises(UserNotConfirmedException):
        await now(pool.sign_in("alice", PASSWORD))


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
async def test_only_the_right_password_signs_in(local, pool, now, flow):
    await joined(local, pool, now)

    with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
        await now(pool.sign_in("alice", PASSWORD + "!", flow=flow))

    assert pool.current_user() is None
    assert isinstance(await now(pool.sign_in("alice", PASSWORD, flow=flow)), SignedIn)


async def test_a_revoked_session_renews_nothing_any_more(local, pool, now):
    user = await signed_in(local, pool, now)
    tokens = user.tokens

    await now(user.sign_out())

    taken = pool.user_from_tokens(tokens)
    with pytest.raises(NotAuthorizedException, match="revoked"):
        await now(taken.attributes())


async def test_expired_tokens_are_renewed_by_the_next_call(local, pool, now):
    user = await signed_in(local, pool, now)
    before = user.tokens.access_token

    local.advance(minutes=61)
    # A client over HTTP learns the pool's time from its answers.
    await now(user.refresh())
    attributes = await now(user.attributes())

    assert attributes["email"] == EMAIL
    assert user.tokens.access_token != before


async def test_a_user_of_an_administrator_chooses_a_password_in_another_process(local, make_pool, now):
    local.call(
        AdminCreateUser,
        AdminCreateUserRequest(
            user_pool_id=local.user_pool_id, username="bob", temporary_password="Temporary-1-Password"
        ),
    )
    step = await now(make_pool().sign_in("bob", "Temporary-1-Password"))
    assert isinstance(step, NewPasswordRequired)
    parked = step.dump()

    other = make_pool()
    waiting = load_step(parked)
    finished = await now(other.answer(waiting.password(PASSWORD)))

    assert isinstance(finished, SignedIn)
    assert isinstance(await now(make_pool().sign_in("bob", PASSWORD)), SignedIn)


async def test_a_changed_password_replaces_the_old_one(local, pool, now):
    user = await signed_in(local, pool, now)

    await now(user.change_password(PASSWORD, "Another-Horse-8-Staple"))

    with pytest.raises(NotAuthorizedException):
        await now(pool.sign_in("alice", PASSWORD))
    assert isinstance(await now(pool.sign_in("alice", "Another-Horse-8-Staple")), SignedIn)


async def test_a_forgotten_password_is_replaced_with_a_code(local, pool, now):
    await joined(local, pool, now)

    delivery = await now(pool.forgot_password("alice"))
    assert delivery.destination == "a***@e***"
    await now(
        pool.confirm_forgot_password("alice", local.inbox.latest("alice").code, "Another-Horse-8-Staple")
    )

    assert isinstance(await now(pool.sign_in("alice", "Another-Horse-8-Staple")), SignedIn)


async def test_signing_out_everywhere_ends_every_session(local, make_pool, now):
    here, there = make_pool(), make_pool()
    first = await signed_in(local, here, now)
    second = (await now(there.sign_in("alice", PASSWORD))).user

    await now(first.global_sign_out())

    with pytest.raises(NotAuthorizedException):
        await now(second.attributes())


async def test_whoever_deletes_an_account_leaves_its_name_free(local, pool, now):
    user = await signed_in(local, pool, now)

    await now(user.delete())

    assert pool.current_user() is None
    assert not (await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))).confirmed
