"""Whoever is let in stays so, even if whoever waits for it is cancelled."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import anyio
import pytest

from userpool import AsyncUserPool, SignedIn
from userpool.effects import FixedEffects
from userpool.transport import HttpReply, HttpRequest
from userpool.transport.scripted import AsyncScriptedTransport, says, token_text

NOON = 1_767_268_800
KEYS = "CognitoIdentityServiceProvider.7ghr.alice."
pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


class Gate(AsyncScriptedTransport):
    """Holds up one operation until it is told to let it through."""

    def __init__(self, held: str, *script: Any) -> None:
        super().__init__(*script)
        self.held = held
        self.reached = anyio.Event()
        self.opened = anyio.Event()
        self.passed = anyio.Event()

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Wait at the gate, if it is this operation."""
        reply = await super().send(request, timeout=timeout)
        if request.headers["X-Amz-Target"].endswith(self.held):
            self.reached.set()
            await self.opened.wait()
            self.passed.set()
        return reply


def lets_in(**more: Any) -> Any:
    result = {
        "AccessToken": token_text({"username": "alice", "exp": NOON + 3600, "origin_jti": "1"}),
        "RefreshToken": "r1",
        **more,
    }
    return says({"AuthenticationResult": result})


def lets_in_with_a_new_device() -> Any:
    return lets_in(NewDeviceMetadata={"DeviceKey": "us-east-1_2", "DeviceGroupKey": "-g2"})


def pool_at(gate: Gate, storage: dict[str, str]) -> AsyncUserPool:
    return AsyncUserPool(
        "us-east-1_aB12cDe34", "7ghr", transport=gate, storage=storage, effects=FixedEffects(now=NOON)
    )


async def cancelled_at(gate: Gate, verb: Any) -> None:
    """Begin a verb, cancel it at the gate, then open the gate."""
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(verb)
            await gate.reached.wait()
            scope.cancel()
    gate.opened.set()
    with suppress(TimeoutError), anyio.fail_after(1):
        await gate.passed.wait()
    await anyio.wait_all_tasks_blocked()


async def test_tokens_outlive_whoever_is_cancelled_while_the_device_is_confirmed() -> None:
    storage: dict[str, str] = {}
    gate = Gate("ConfirmDevice", lets_in_with_a_new_device(), says({}))
    pool = pool_at(gate, storage)

    await cancelled_at(gate, lambda: pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"))

    user = pool.current_user()
    assert user is not None
    assert user.tokens.refresh_token == "r1"
    # The pool binds the tokens to the device, so that goes on to its end.
    assert storage[f"{KEYS}deviceKey"] == "us-east-1_2"


async def test_a_session_is_stored_before_its_device_is_confirmed() -> None:
    storage: dict[str, str] = {}
    gate = Gate("ConfirmDevice", lets_in_with_a_new_device(), says({}))
    pool = pool_at(gate, storage)
    steps: list[Any] = []

    async def sign_in() -> None:
        steps.append(await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sign_in)
        await gate.reached.wait()
        before = dict(storage)
        gate.opened.set()

    assert before[f"{KEYS}refreshToken"] == "r1"
    [step] = steps
    assert isinstance(step, SignedIn)
    assert step.device is not None


async def test_whoever_is_cancelled_before_there_are_tokens_leaves_nothing_behind() -> None:
    storage: dict[str, str] = {}
    gate = Gate("InitiateAuth", lets_in_with_a_new_device())
    pool = pool_at(gate, storage)

    await cancelled_at(gate, lambda: pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"))

    assert storage == {}
    assert not gate.passed.is_set()


async def test_a_sign_out_that_is_cancelled_is_told_to_the_service_all_the_same() -> None:
    gate = Gate("RevokeToken", lets_in(), says({}))
    pool = pool_at(gate, {})
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)

    await cancelled_at(gate, step.user.sign_out)

    assert gate.passed.is_set()
    assert not step.user.is_signed_in


async def test_a_global_sign_out_that_is_cancelled_during_a_renewal_is_told_to_the_service_all_the_same() -> (
    None
):
    renewed = lets_in(AccessToken=token_text({"username": "alice", "exp": NOON + 9000}), RefreshToken="r2")
    gate = Gate("GetTokensFromRefreshToken", lets_in(), renewed, says({}))
    effects = FixedEffects(now=NOON)
    pool = AsyncUserPool("us-east-1_aB12cDe34", "7ghr", transport=gate, effects=effects)
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    effects.advance(3600)

    await cancelled_at(gate, step.user.global_sign_out)

    assert gate.operations[1:] == ["GetTokensFromRefreshToken", "GlobalSignOut"]
    assert not step.user.is_signed_in


async def test_a_deletion_that_is_cancelled_leaves_nothing_here() -> None:
    storage: dict[str, str] = {}
    gate = Gate("DeleteUser", lets_in_with_a_new_device(), says({}), says({}))
    pool = pool_at(gate, storage)
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    assert step.device is not None

    await cancelled_at(gate, step.user.delete)

    assert not step.user.is_signed_in
    assert storage == {}
