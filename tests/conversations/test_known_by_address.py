"""People whose address is their name, or another name of theirs, with a client secret and a second factor."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from stories import EACH_WAY_ONCE, PASSWORD, time_of

from userpool import (
    AliasExistsException,
    AwsCredentials,
    NotAuthorizedException,
    SignedIn,
    TotpRequired,
    UsernameExistsException,
    load_step,
)
from userpool.testing import DEFAULT_FLOWS, LocalPool
from userpool.wire.mfa import SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest
from userpool.wire.user_pools import CreateUserPoolRequest

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

EMAIL, OTHER = "alice@example.com", "Another-Horse-8-Staple"
KINDS = {"its name": {"username_attributes": ["email"]}, "another name": {"alias_attributes": ["email"]}}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """What an address is to the pool."""
    return request.param


@pytest.fixture
def options(kind: str) -> dict[str, Any]:
    """A pool of this kind, with a secret and authenticator apps."""
    pool = CreateUserPoolRequest(pool_name="addresses", auto_verified_attributes=["email"], **KINDS[kind])
    client = CreateUserPoolClientRequest(
        user_pool_id="",
        client_name="secretive",
        generate_secret=True,
        explicit_auth_flows=DEFAULT_FLOWS,
        prevent_user_existence_errors="ENABLED",
    )
    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    return {"pool": pool, "app_client": client, "mfa": mfa}


@pytest.fixture
async def alice(kind: str, local: LocalPool, pool: Any, now: Any) -> pyotp.TOTP:
    """Let Alice join by her address and switch on an app, which is returned."""
    name = EMAIL if kind == "its name" else "alice"
    joined = await now(pool.sign_up(name, PASSWORD, {"email": EMAIL}))
    await now(pool.confirm_sign_up(name, local.inbox.latest(joined.sub).code))
    user = (await now(pool.sign_in(name, PASSWORD))).user
    app = pyotp.TOTP((await now(user.begin_totp_setup())).secret)
    await now(user.verify_totp(app.at(time_of(local))))
    await now(user.set_mfa_preference(totp="preferred"))
    local.advance(minutes=1)
    return app


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
async def test_an_address_leads_through_the_second_factor_to_a_session_that_lasts(
    kind: str, local: LocalPool, make_pool: Any, now: Any, alice: pyotp.TOTP, flow: str
) -> None:
    step = await now(make_pool().sign_in(EMAIL, PASSWORD, flow=flow))
    assert isinstance(step, TotpRequired)

    elsewhere = make_pool(credentials=AwsCredentials("AKIDEXAMPLE", "the secret key"))
    done = await now(elsewhere.answer(load_step(step.dump()).code(alice.at(time_of(local)))))
    assert isinstance(done, SignedIn)
    user = elsewhere.current_user()

    assert user.username == ("alice" if kind == "another name" else user.sub)
    assert (await now(user.refresh())).username == user.username
    # This way to renew proves the secret by a hash, which is made for the pool's own name for her.
    assert (await now(elsewhere.admin_refresh(user.tokens))).username == user.username
    assert (await now(user.attributes()))["email"] == EMAIL
    assert (await now(user.sign_out())).revoked


async def test_an_address_leads_to_a_new_password(
    local: LocalPool, pool: Any, now: Any, alice: pyotp.TOTP
) -> None:
    delivery = await now(pool.forgot_password(EMAIL))
    assert delivery.attribute == "email"

    await now(pool.confirm_forgot_password(EMAIL, local.inbox.latest(EMAIL).code, OTHER))

    assert isinstance(await now(pool.sign_in(EMAIL, OTHER)), TotpRequired)
    with pytest.raises(NotAuthorizedException, match="Incorrect username or password"):
        await now(pool.sign_in(EMAIL, PASSWORD))


async def test_nobody_else_is_known_by_the_same_address(
    kind: str, local: LocalPool, pool: Any, now: Any, alice: pyotp.TOTP
) -> None:
    if kind == "its name":
        with pytest.raises(UsernameExistsException):
            await now(pool.sign_up(EMAIL, PASSWORD))
        return
    await now(pool.sign_up("eve", PASSWORD, {"email": EMAIL}))

    with pytest.raises(AliasExistsException):
        await now(pool.confirm_sign_up("eve", local.inbox.latest("eve").code))
