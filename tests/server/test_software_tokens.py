"""Authenticators: associated, verified, proved once per step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pyotp
import pytest

from userpool.effects import FixedEffects
from userpool.server.build import Server
from userpool.server.context import Context
from userpool.server.database.credentials import sealed_credential
from userpool.server.software_tokens import (
    SoftwareToken,
    associate,
    forget,
    friendly_name,
    is_pending,
    prove,
    verify_pending,
)
from userpool.wire.faults import SoftwareTokenMFANotFoundException

pytestmark = pytest.mark.anyio

ANN, BOB = "sub of ann", "sub of bob"
Run = Callable[..., Awaitable[Any]]


@pytest.fixture
def run(server: Server) -> Run:
    """Give a function that runs one of these functions in a transaction."""

    async def work(function: Any, *arguments: Any, **named: Any) -> Any:
        context = server.context
        return await context.database.write(
            lambda transaction: function(context, transaction, *arguments, **named)
        )

    return work


@pytest.fixture
async def app(run: Run, effects: FixedEffects) -> Callable[[], str]:
    """Ann's authenticator, verified half a minute ago: calling it shows a code."""
    theirs = pyotp.TOTP(await run(associate, ANN))
    await run(verify_pending, ANN, code=theirs.at(int(effects.now())), friendly_name="Phone")
    effects.advance(30)
    return lambda: theirs.at(int(effects.now()))


def other_than(code: str) -> str:
    """Return a wrong code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_seed_is_52_characters_and_kept_sealed(run: Run, context: Context) -> None:
    secret = await run(associate, ANN)

    assert len(secret) == 52
    sealed = await sealed_credential(context.database.reader, ANN, "totp_pending")
    assert sealed is not None
    assert pyotp.TOTP(secret).byte_secret() not in sealed


async def test_a_seed_that_was_not_verified_proves_nothing(run: Run, effects: FixedEffects) -> None:
    code = pyotp.TOTP(await run(associate, ANN)).at(int(effects.now()))

    assert await run(prove, ANN, code=code) == "none"
    assert await run(is_pending, ANN)


async def test_a_verified_authenticator_proves(run: Run, app: Callable[[], str]) -> None:
    assert await run(prove, ANN, code=other_than(app())) == "wrong"
    assert await run(prove, ANN, code=app()) == "proved"
    assert await run(prove, BOB, code=app()) == "none"
    assert not await run(is_pending, ANN)


async def test_a_code_proves_once(run: Run, app: Callable[[], str], effects: FixedEffects) -> None:
    assert await run(prove, ANN, code=app()) == "proved"
    assert await run(prove, ANN, code=app()) == "used"

    effects.advance(30)
    assert await run(prove, ANN, code=app()) == "proved"


async def test_the_code_that_verified_does_not_sign_in(run: Run, effects: FixedEffects) -> None:
    code = pyotp.TOTP(await run(associate, ANN)).at(int(effects.now()))
    assert await run(verify_pending, ANN, code=code, friendly_name=None)

    assert await run(prove, ANN, code=code) == "used"


async def test_a_wrong_code_may_be_followed_by_the_right_one(run: Run, effects: FixedEffects) -> None:
    code = pyotp.TOTP(await run(associate, ANN)).at(int(effects.now()))

    assert not await run(verify_pending, ANN, code=other_than(code), friendly_name=None)
    assert await run(verify_pending, ANN, code=code, friendly_name=None)


async def test_nothing_is_verified_that_was_not_associated(run: Run, app: Callable[[], str]) -> None:
    with pytest.raises(SoftwareTokenMFANotFoundException) as caught:
        await run(verify_pending, ANN, code=app(), friendly_name=None)

    assert caught.value.message == "Software Token MFA does not exist for the user."


async def test_another_seed_replaces_the_one_that_waits(run: Run, effects: FixedEffects) -> None:
    first = pyotp.TOTP(await run(associate, ANN)).at(int(effects.now()))
    second = pyotp.TOTP(await run(associate, ANN)).at(int(effects.now()))

    assert not await run(verify_pending, ANN, code=first, friendly_name=None)
    assert await run(verify_pending, ANN, code=second, friendly_name=None)


async def test_the_old_authenticator_is_good_until_the_new_one_is_verified(
    run: Run, app: Callable[[], str], effects: FixedEffects
) -> None:
    new = pyotp.TOTP(await run(associate, ANN))
    assert await run(prove, ANN, code=app()) == "proved"

    assert await run(verify_pending, ANN, code=new.at(int(effects.now())), friendly_name=None)

    effects.advance(30)
    assert await run(prove, ANN, code=app()) == "wrong"
    assert await run(prove, ANN, code=new.at(int(effects.now()))) == "proved"


async def test_an_authenticator_has_the_name_it_was_given(run: Run, app: Callable[[], str]) -> None:
    assert await run(friendly_name, ANN) == "Phone"
    assert await run(prove, ANN, code=app()) == "proved"
    assert await run(friendly_name, ANN) == "Phone"
    assert await run(friendly_name, BOB) is None


async def test_what_is_forgotten_is_gone_with_what_waited(
    run: Run, app: Callable[[], str], context: Context
) -> None:
    await run(associate, ANN)

    await context.database.write(lambda transaction: forget(transaction, ANN))

    assert await run(prove, ANN, code=app()) == "none"
    assert not await run(is_pending, ANN)


def test_a_seed_is_not_shown() -> None:
    assert repr(SoftwareToken(seed=b"seed")) == "SoftwareToken(***)"
