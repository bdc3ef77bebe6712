"""Somebody sets up an app, is remembered on their laptop, and is not asked for a code there again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from userpool import (
    EnableSoftwareTokenMFAException,
    MfaSetupRequired,
    SignedIn,
    TotpRequired,
    TotpSetupRequired,
)
from userpool.testing import LocalPool
from userpool.wire.mfa import SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType
from userpool.wire.passwords import AdminSetUserPassword
from userpool.wire.passwords import AdminSetUserPasswordRequest as SetPassword
from userpool.wire.user_pools import CreateUserPoolRequest, DeviceConfigurationType
from userpool.wire.users import AdminCreateUser, AdminCreateUserRequest

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"


@pytest.fixture
def local(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPool]:
    """A pool that demands a second factor, but not of a device that it remembers, and Alice in it."""
    monkeypatch.chdir(tmp_path)
    devices = DeviceConfigurationType(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
    )
    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="ON",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    pool = CreateUserPoolRequest(pool_name="devices", device_configuration=devices)
    with LocalPool(database_url=database_url, pool=pool, mfa=mfa) as opened:
        opened.call(
            AdminCreateUser, AdminCreateUserRequest(user_pool_id=opened.user_pool_id, username="alice")
        )
        opened.call(
            AdminSetUserPassword,
            SetPassword(
                user_pool_id=opened.user_pool_id, username="alice", password=PASSWORD, permanent=True
            ),
        )
        yield opened


async def set_up(pool: Any, now: Any, local: LocalPool) -> pyotp.TOTP:
    """Sign Alice in for the first time; return her app."""
    step = await now(pool.sign_in("alice", PASSWORD, device_name="laptop"))
    assert isinstance(step, MfaSetupRequired)
    step = await now(pool.answer(step.totp()))
    assert isinstance(step, TotpSetupRequired)
    app = pyotp.parse_uri(step.uri(issuer="Kites"))
    assert isinstance(app, pyotp.TOTP)
    with pytest.raises(EnableSoftwareTokenMFAException):
        await now(pool.answer(step.code(app.at(time(local) - 900))))
    done = await now(pool.answer(step.code(app.at(time(local)), "phone")))
    assert isinstance(done, SignedIn)
    assert done.device is not None
    local.advance(minutes=1)
    return app


def time(local: LocalPool) -> int:
    """Return what time it is in the pool."""
    return int(local._effects.now())  # noqa: SLF001 - the app in her hand has the same clock


async def test_a_remembered_device_stands_in_for_the_code_in_every_flow(
    make_pool: Any, now: Any, local: LocalPool
) -> None:
    pool = make_pool(storage={}, effects=local._effects)  # noqa: SLF001 - it may run over HTTP
    await set_up(pool, now, local)

    for flow in ("USER_SRP_AUTH", "USER_PASSWORD_AUTH"):
        step = await now(pool.sign_in("alice", PASSWORD, flow=flow))

        assert isinstance(step, SignedIn)
        assert step.new_device is None
        assert step.user.device_key == step.device.key
        await now(step.user.refresh())


async def test_another_device_is_asked_for_the_code_and_is_remembered_then(
    make_pool: Any, now: Any, local: LocalPool
) -> None:
    options = {"effects": local._effects}  # noqa: SLF001 - see above
    app = await set_up(make_pool(**options), now, local)
    phone = make_pool(**options)

    step = await now(phone.sign_in("alice", PASSWORD))
    assert isinstance(step, TotpRequired)
    assert step.device_name == "phone"
    first = await now(phone.answer(step.code(app.at(time(local)))))
    again = await now(phone.sign_in("alice", PASSWORD))

    assert isinstance(again, SignedIn)
    assert again.device == first.device
    assert first.new_device is not None


async def test_a_device_that_the_pool_has_forgotten_locks_nobody_out(
    make_pool: Any, now: Any, local: LocalPool
) -> None:
    storage: dict[str, str] = {}
    pool = make_pool(storage=storage, effects=local._effects)  # noqa: SLF001 - see above
    app = await set_up(pool, now, local)
    kept = {key: value for key, value in storage.items() if "evice" in key or "random" in key}
    user = pool.current_user()
    await now(user.forget_device())
    storage.update(kept)

    step = await now(pool.sign_in("alice", PASSWORD, flow="USER_PASSWORD_AUTH"))
    assert isinstance(step, TotpRequired)
    done = await now(pool.answer(step.code(app.at(time(local)))))

    assert isinstance(done, SignedIn)
    assert done.device is not None
    assert storage != kept
    assert isinstance(await now(pool.sign_in("alice", PASSWORD)), SignedIn)


async def test_whoever_keeps_the_device_elsewhere_hands_it_in(
    make_pool: Any, now: Any, local: LocalPool
) -> None:
    options = {"effects": local._effects}  # noqa: SLF001 - see above
    here = make_pool(**options)
    await set_up(here, now, local)
    device = (await now(here.sign_in("alice", PASSWORD))).device

    step = await now(make_pool(**options).sign_in("alice", PASSWORD, device=device))

    assert isinstance(step, SignedIn)
