"""Challenges, and the Sessions that wait for their answers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.outcomes import LONGEST_SESSION, challenge
from userpool.server.capabilities.sign_in.parameters import Asked
from userpool.server.context import Context
from userpool.server.pending_sign_ins import Custom, Pending, open_session
from userpool.server.records import Client, Pool
from userpool.wire.faults import InvalidLambdaResponseException

pytestmark = pytest.mark.anyio


@pytest.fixture
def pending(pool: Pool, client: Client) -> Pending:
    """A sign-in that nothing waits for yet."""
    return Pending(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        spent_id="",
        sub="6d2f3f0e-0000-4000-8000-000000000000",
        username="ann",
        state="START",
        expires_ms=0,
        typed_name="ann@example.com",
        version=3,
    )


async def test_a_challenge_carries_a_session_of_its_own(
    context: Context, pool: Pool, client: Client, pending: Pending, effects: FixedEffects
) -> None:
    asked = Asked(pool, client, {})

    outcomes = [
        challenge(context, asked, pending, state=State.SMS_MFA, parameters={"a": "b"}) for _ in range(2)
    ]

    opened = [open_session(context, outcome.session, state="SMS_MFA", client=client) for outcome in outcomes]
    assert outcomes[0].parameters == {"a": "b"}
    assert opened[0].spent_id != opened[1].spent_id
    assert opened[0].expires_ms == int((effects.now() + 180) * 1000)


async def test_two_sessions_may_be_used_up_together(
    context: Context, pool: Pool, client: Client, pending: Pending
) -> None:
    outcome = challenge(
        context, Asked(pool, client, {}), pending, state=State.MFA_SETUP, parameters={}, spent_id="one"
    )

    assert open_session(context, outcome.session, state="MFA_SETUP", client=client).spent_id == "one"


async def test_a_session_in_the_place_of_another_lives_no_longer(
    context: Context, pool: Pool, client: Client, pending: Pending, effects: FixedEffects
) -> None:
    asked = Asked(pool, client, {})
    first = challenge(context, asked, pending, state=State.DEVICE_SRP_AUTH, parameters={})
    before = open_session(context, first.session, state="DEVICE_SRP_AUTH", client=client)
    effects.advance(60)

    again = challenge(context, asked, before, state=State.MFA_SETUP, parameters={}, spent_id=before.spent_id)
    further = challenge(context, asked, before, state=State.MFA_SETUP, parameters={})

    opened = [
        open_session(context, one.session, state="MFA_SETUP", client=client) for one in (again, further)
    ]
    assert opened[0].expires_ms == before.expires_ms
    assert opened[1].expires_ms == before.expires_ms + 60_000


async def test_a_session_that_clients_could_not_send_back_is_not_given(
    context: Context, pool: Pool, client: Client, pending: Pending
) -> None:
    asked = Asked(pool, client, {})
    large = replace(pending, custom=Custom(private={"a": "x" * LONGEST_SESSION}))

    with pytest.raises(InvalidLambdaResponseException):
        challenge(context, asked, large, state=State.CUSTOM_CHALLENGE, parameters={})
