"""A person's second factors, set up and switched on and off by themselves; the authenticator app is pyotp."""

from __future__ import annotations

import pyotp
import pytest

from userpool import EnableSoftwareTokenMFAException, InvalidParameterException, SettingsError
from userpool.effects import FixedEffects
from userpool.testing import LocalPool
from userpool.wire.mfa import (
    SetUserPoolMfaConfig,
    SetUserPoolMfaConfigRequest,
    SoftwareTokenMfaConfigType,
)

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"
NOON = 1_767_268_800


@pytest.fixture
def local(database_url, tmp_path, monkeypatch):
    """A pool that offers authenticator apps, at a time that stands still."""
    monkeypatch.chdir(tmp_path)
    with LocalPool(database_url=database_url, effects=FixedEffects(now=NOON)) as opened:
        request = SetUserPoolMfaConfigRequest(
            user_pool_id=opened.user_pool_id,
            software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
            mfa_configuration="OPTIONAL",
        )
        opened.call(SetUserPoolMfaConfig, request)
        yield opened


async def alice_of(local, pool, now):
    """Sign alice up, confirm her and sign her in."""
    await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))
    return (await now(pool.sign_in("alice", PASSWORD))).user


async def test_an_app_is_set_up_by_its_address_and_switched_on(local, pool, now):
    alice = await alice_of(local, pool, now)
    setup = await now(alice.begin_totp_setup())
    app = pyotp.parse_uri(setup.uri(issuer="Kites & Co", account="alice@example.com"))
    assert (app.issuer, app.name) == ("Kites & Co", "alice@example.com")

    code = app.at(NOON)
    with pytest.raises(EnableSoftwareTokenMFAException):
        await now(alice.verify_totp(f"{(int(code) + 1) % 1_000_000:06d}"))
    await now(alice.verify_totp(code, device_name="my phone"))
    assert (await now(alice.mfa_preference())).totp == "disabled"

    await now(alice.set_mfa_preference(totp="preferred"))
    assert (await now(alice.mfa_preference())).totp == "preferred"
    assert "PASSWORD" in (await now(alice.auth_factors())).configured


async def test_a_factor_is_switched_off_again(local, pool, now):
    alice = await alice_of(local, pool, now)
    setup = await now(alice.begin_totp_setup())
    await now(alice.verify_totp(pyotp.TOTP(setup.secret).at(NOON)))

    await now(alice.set_mfa_preference(totp="preferred"))
    await now(alice.set_mfa_preference(totp="not_preferred"))
    assert (await now(alice.profile())).mfa.totp == "enabled"

    await now(alice.set_mfa_preference(totp="disabled"))
    assert alice.cached_profile() is None
    assert (await now(alice.profile())).mfa.enabled == ()


async def test_a_factor_that_is_not_ready_cannot_be_switched_on(local, pool, now):
    alice = await alice_of(local, pool, now)

    with pytest.raises(InvalidParameterException):
        await now(alice.set_mfa_preference(totp="enabled"))
    with pytest.raises(SettingsError):
        await now(alice.set_mfa_preference())
