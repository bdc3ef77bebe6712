"""Devices: confirmed, described, listed, remembered and forgotten."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.crypto.device import DEVICE_RANDOM_BYTES, new_device_secret
from userpool.effects import FixedEffects
from userpool.server import devices
from userpool.server.context import Context
from userpool.server.database.sessions import put_session, sessions_of
from userpool.server.devices import device_verifier, find_device, new_device_keys
from userpool.server.records import Client, Pool
from userpool.tokens.claims import unverified_claims
from userpool.wire.faults import (
    DeviceKeyExistsException,
    InvalidParameterException,
    InvalidUserPoolConfigurationException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)
from userpool.wire.user_pools import DeviceConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

NO_DEVICE = "Device does not exist."
NO_TRACKING = "Device tracking is not enabled for the user pool."
STRANGE_KEY = "us-east-1_11111111-2222-3333-4444-555555555555"


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool that remembers every device that is confirmed."""
    pool: Pool = await make_pool(
        device_configuration=DeviceConfigurationType(device_only_remembered_on_user_prompt=False)
    )
    return pool


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann."""
    sub: str = await make_user(pool, "ann")
    return sub


@pytest.fixture
def sign_in_on(
    context: Context, pool: Pool, client: Client, sign_in: Call
) -> Callable[..., Awaitable[tuple[str, str, str]]]:
    """Give a function that signs in and is given keys: it returns token, device key and group key."""

    async def run(name: str = "ann", client: Client = client) -> tuple[str, str, str]:
        token = (await sign_in(client, name))["AccessToken"]
        claims = unverified_claims(token)
        sessions = await sessions_of(context.database.reader, claims["sub"])
        # A token of a client without token revocation doesn't name its session.
        session = next(one for one in sessions if one.session_id == claims.get("origin_jti", one.session_id))
        device_key, group_key = new_device_keys(context, pool)
        given = replace(session, device_key=device_key, device_group_key=group_key)
        await context.database.write(lambda transaction: put_session(transaction, given))
        return token, device_key, group_key

    return run


@pytest.fixture
def confirm(call: Call, sign_in_on: Make) -> Make:
    """Give a function that signs in on a new device and confirms it: it returns token and device key."""

    async def run(name: str = "ann", **members: Any) -> tuple[str, str]:
        token, device_key, _ = await sign_in_on(name)
        await call("ConfirmDevice", AccessToken=token, DeviceKey=device_key, **members)
        return token, device_key

    return run


def attributes(device: dict[str, Any]) -> dict[str, str]:
    """Return a device's attributes as a mapping."""
    return {item["Name"]: item["Value"] for item in device["DeviceAttributes"]}


# ---- confirming ----


async def test_a_device_is_made_of_the_keys_that_a_sign_in_was_given(
    call: Call, ann: str, sign_in_on: Make, context: Context
) -> None:
    token, device_key, group_key = await sign_in_on()
    secret = new_device_secret(
        group_key, device_key, random=context.effects.random_bytes(DEVICE_RANDOM_BYTES)
    )

    told = await call(
        "ConfirmDevice",
        AccessToken=token,
        DeviceKey=device_key,
        DeviceName="Phone",
        DeviceSecretVerifierConfig={"PasswordVerifier": secret.verifier_b64, "Salt": secret.salt_b64},
    )

    assert told == {"UserConfirmationNecessary": False}
    reader = context.database.reader
    device = await find_device(context, reader, ann, device_key)
    assert device is not None
    assert (device.group_key, device.name, device.is_remembered) == (group_key, "Phone", True)
    kept = await device_verifier(context, reader, device)
    assert kept is not None
    assert int.from_bytes(kept.verifier, "big") == secret.verifier
    assert int.from_bytes(kept.salt, "big") == int.from_bytes(secret.salt, "big")


async def test_where_people_are_asked_a_device_is_not_remembered_at_once(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in_on: Make
) -> None:
    asking = await make_pool(
        device_configuration=DeviceConfigurationType(device_only_remembered_on_user_prompt=True)
    )
    await make_user(asking, "bob")
    client = await make_client(asking, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    token, device_key, _ = await sign_in_on("bob", client)

    told = await call("ConfirmDevice", AccessToken=token, DeviceKey=device_key)

    assert told == {"UserConfirmationNecessary": True}
    device = (await call("GetDevice", AccessToken=token, DeviceKey=device_key))["Device"]
    assert attributes(device)["dev:device_remembered_status"] == "not_remembered"


async def test_a_device_may_be_confirmed_without_a_secret(
    call: Call, ann: str, confirm: Make, context: Context
) -> None:
    _, device_key = await confirm()

    device = await find_device(context, context.database.reader, ann, device_key)
    assert device is not None
    assert await device_verifier(context, context.database.reader, device) is None


async def test_a_key_is_confirmed_once(call: Call, ann: str, confirm: Make) -> None:
    token, device_key = await confirm()

    with pytest.raises(DeviceKeyExistsException):
        await call("ConfirmDevice", AccessToken=token, DeviceKey=device_key)


async def test_a_new_device_takes_the_place_of_the_one_that_was_longest_away(
    call: Call, ann: str, confirm: Make, effects: FixedEffects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST_DEVICES", 2)
    confirmed = []
    for _ in range(3):
        confirmed.append(await confirm())
        effects.advance(60)

    token, _ = confirmed[-1]
    listed = (await call("ListDevices", AccessToken=token))["Devices"]

    assert {device["DeviceKey"] for device in listed} == {key for _, key in confirmed[1:]}
    with pytest.raises(NotAuthorizedException, match="revoked"):
        await call("GetUser", AccessToken=confirmed[0][0])


async def test_a_key_that_nobody_was_given_is_not_confirmed(call: Call, ann: str, sign_in_on: Make) -> None:
    token, _, _ = await sign_in_on()

    with pytest.raises(ResourceNotFoundException) as caught:
        await call("ConfirmDevice", AccessToken=token, DeviceKey=STRANGE_KEY)

    assert caught.value.message == NO_DEVICE


async def test_only_the_sign_in_that_was_given_the_key_confirms_it(
    call: Call, ann: str, sign_in_on: Make
) -> None:
    _, device_key, _ = await sign_in_on()
    other, _, _ = await sign_in_on()

    with pytest.raises(ResourceNotFoundException, match=NO_DEVICE):
        await call("ConfirmDevice", AccessToken=other, DeviceKey=device_key)


async def test_a_forgotten_key_is_not_confirmed_again(call: Call, ann: str, confirm: Make) -> None:
    token, device_key = await confirm()
    await call("ForgetDevice", AccessToken=token, DeviceKey=device_key)

    with pytest.raises(NotAuthorizedException, match="Access Token has been revoked"):
        await call("ConfirmDevice", AccessToken=token, DeviceKey=device_key)


@pytest.mark.parametrize(
    "secret",
    [
        {"PasswordVerifier": "no base64!", "Salt": "c2FsdA=="},
        {"PasswordVerifier": "AQ==", "Salt": "not base64!"},
        {"PasswordVerifier": b64encode(bytes(384)).decode(), "Salt": "c2FsdA=="},
        {"PasswordVerifier": b64encode(b"\xff" * 400).decode(), "Salt": "c2FsdA=="},
        {"PasswordVerifier": "AQ==", "Salt": b64encode(bytes(65)).decode()},
    ],
    ids=["verifier", "salt", "zero", "beyond the modulus", "long salt"],
)
async def test_a_secret_that_cannot_be_one_is_refused(
    call: Call, ann: str, sign_in_on: Make, secret: dict[str, str]
) -> None:
    token, device_key, _ = await sign_in_on()

    with pytest.raises(InvalidParameterException, match="Invalid device secret verifier config given"):
        await call(
            "ConfirmDevice", AccessToken=token, DeviceKey=device_key, DeviceSecretVerifierConfig=secret
        )


async def test_a_client_without_token_revocation_confirms_too(
    call: Call, pool: Pool, ann: str, make_client: Make, sign_in_on: Make
) -> None:
    client = await make_client(
        pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"], enable_token_revocation=False
    )
    token, device_key, _ = await sign_in_on("ann", client)

    told = await call("ConfirmDevice", AccessToken=token, DeviceKey=device_key)

    assert told == {"UserConfirmationNecessary": False}


# ---- one device ----


async def test_a_device_is_described_to_its_owner_and_to_administrators(
    call: Call, pool: Pool, ann: str, confirm: Make, effects: FixedEffects
) -> None:
    token, device_key = await confirm(DeviceName="Phone")

    device = (await call("GetDevice", AccessToken=token, DeviceKey=device_key))["Device"]

    assert device["DeviceKey"] == device_key
    assert attributes(device) == {
        "device_status": "valid",
        "device_name": "Phone",
        "dev:device_remembered_status": "remembered",
    }
    assert device["DeviceCreateDate"] == device["DeviceLastModifiedDate"] == effects.now()
    assert device["DeviceLastAuthenticatedDate"] == effects.now()
    named = {"UserPoolId": pool.pool_id, "Username": "ann", "DeviceKey": device_key}
    assert await call("AdminGetDevice", **named) == {"Device": device}


async def test_a_device_is_remembered_or_not_as_its_owner_likes(
    call: Call, ann: str, confirm: Make, effects: FixedEffects
) -> None:
    token, device_key = await confirm()
    effects.advance(60)
    named = {"AccessToken": token, "DeviceKey": device_key}

    assert await call("UpdateDeviceStatus", **named, DeviceRememberedStatus="not_remembered") == {}

    device = (await call("GetDevice", **named))["Device"]
    assert attributes(device)["dev:device_remembered_status"] == "not_remembered"
    assert device["DeviceLastModifiedDate"] == device["DeviceCreateDate"] + 60
    await call("UpdateDeviceStatus", **named)
    assert (await call("GetDevice", **named))["Device"] == device


async def test_a_device_is_remembered_or_not_as_an_administrator_likes(
    call: Call, pool: Pool, ann: str, confirm: Make
) -> None:
    _, device_key = await confirm()
    named = {"UserPoolId": pool.pool_id, "Username": "ann", "DeviceKey": device_key}

    assert await call("AdminUpdateDeviceStatus", **named, DeviceRememberedStatus="not_remembered") == {}

    device = (await call("AdminGetDevice", **named))["Device"]
    assert attributes(device)["dev:device_remembered_status"] == "not_remembered"


async def test_a_forgotten_device_is_gone_and_signed_out(call: Call, ann: str, confirm: Make) -> None:
    here, this = await confirm()
    elsewhere, other = await confirm()

    assert await call("ForgetDevice", AccessToken=here, DeviceKey=other) == {}

    assert [device["DeviceKey"] for device in (await call("ListDevices", AccessToken=here))["Devices"]] == [
        this
    ]
    with pytest.raises(NotAuthorizedException, match="Access Token has been revoked"):
        await call("GetUser", AccessToken=elsewhere)


async def test_an_administrator_forgets_a_device(call: Call, pool: Pool, ann: str, confirm: Make) -> None:
    token, device_key = await confirm()
    named = {"UserPoolId": pool.pool_id, "Username": "ann"}

    assert await call("AdminForgetDevice", **named, DeviceKey=device_key) == {}

    assert await call("AdminListDevices", **named) == {"Devices": []}
    with pytest.raises(NotAuthorizedException):
        await call("GetUser", AccessToken=token)


@pytest.mark.parametrize("name", ["GetDevice", "UpdateDeviceStatus", "ForgetDevice"])
async def test_an_unknown_device_is_named_as_clients_expect(
    call: Call, pool: Pool, ann: str, confirm: Make, name: str
) -> None:
    token, _ = await confirm()
    named = {"UserPoolId": pool.pool_id, "Username": "ann"}

    for target, whose in ((name, {"AccessToken": token}), (f"Admin{name}", named)):
        with pytest.raises(ResourceNotFoundException) as caught:
            await call(target, **whose, DeviceKey=STRANGE_KEY)
        assert caught.value.message == NO_DEVICE


async def test_nobody_reaches_another_users_device(
    call: Call, pool: Pool, ann: str, make_user: Make, confirm: Make
) -> None:
    _, device_key = await confirm()
    await make_user(pool, "bob")
    token, _ = await confirm("bob")

    for name in ("GetDevice", "UpdateDeviceStatus", "ForgetDevice"):
        with pytest.raises(ResourceNotFoundException, match=NO_DEVICE):
            await call(name, AccessToken=token, DeviceKey=device_key)


async def test_a_device_of_nobody_is_not_found(call: Call, pool: Pool) -> None:
    for name in ("AdminListDevices", "AdminGetDevice"):
        members = {} if name == "AdminListDevices" else {"DeviceKey": STRANGE_KEY}
        with pytest.raises(UserNotFoundException):
            await call(name, UserPoolId=pool.pool_id, Username="nobody", **members)


# ---- all devices ----


async def test_devices_are_listed_page_by_page(call: Call, pool: Pool, ann: str, confirm: Make) -> None:
    keys = sorted([(await confirm())[1] for _ in range(4)])
    token, last = await confirm()
    found: list[str] = []
    pages = 0
    more: dict[str, str] = {}

    while pages == 0 or more:
        page = await call("ListDevices", AccessToken=token, Limit=2, **more)
        found += [device["DeviceKey"] for device in page["Devices"]]
        more = {"PaginationToken": page["PaginationToken"]} if "PaginationToken" in page else {}
        pages += 1

    assert (found, pages) == (sorted([*keys, last]), 3)
    listed = await call("AdminListDevices", UserPoolId=pool.pool_id, Username="ann", Limit=0)
    assert [device["DeviceKey"] for device in listed["Devices"]] == found


async def test_a_place_is_good_for_one_listing(
    call: Call, pool: Pool, ann: str, make_user: Make, confirm: Make
) -> None:
    await confirm()
    token, _ = await confirm()
    place = (await call("ListDevices", AccessToken=token, Limit=1))["PaginationToken"]
    await make_user(pool, "bob")
    bobs, _ = await confirm("bob")

    for name, whose in (
        ("ListDevices", {"AccessToken": bobs}),
        ("AdminListDevices", {"UserPoolId": pool.pool_id, "Username": "ann"}),
    ):
        with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
            await call(name, **whose, PaginationToken=place)


async def test_whoever_has_no_devices_is_told_so(call: Call, ann: str, sign_in_on: Make) -> None:
    token, _, _ = await sign_in_on()

    assert await call("ListDevices", AccessToken=token) == {"Devices": []}


# ---- tracking ----


async def test_a_pool_that_tracks_no_devices_says_so(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    pool = await make_pool()
    await make_user(pool, "ann")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    token = (await sign_in(client, "ann"))["AccessToken"]
    named = {"UserPoolId": pool.pool_id, "Username": "ann"}
    key = {"DeviceKey": STRANGE_KEY}

    for name, members in (
        ("ConfirmDevice", {"AccessToken": token, **key}),
        ("GetDevice", {"AccessToken": token, **key}),
        ("ListDevices", {"AccessToken": token}),
        ("UpdateDeviceStatus", {"AccessToken": token, **key}),
        ("ForgetDevice", {"AccessToken": token, **key}),
        ("AdminGetDevice", {**named, **key}),
        ("AdminListDevices", named),
        ("AdminUpdateDeviceStatus", {**named, **key}),
        ("AdminForgetDevice", {**named, **key}),
    ):
        with pytest.raises(InvalidUserPoolConfigurationException) as caught:
            await call(name, **members)
        assert caught.value.message == NO_TRACKING


async def test_a_deleted_user_leaves_no_devices(
    call: Call, pool: Pool, ann: str, confirm: Make, context: Context
) -> None:
    _, device_key = await confirm()

    await call("AdminDeleteUser", UserPoolId=pool.pool_id, Username="ann")

    assert await find_device(context, context.database.reader, ann, device_key) is None


async def test_a_deleted_pool_leaves_no_devices(
    call: Call, pool: Pool, ann: str, confirm: Make, context: Context
) -> None:
    _, device_key = await confirm()

    await call("DeleteUserPool", UserPoolId=pool.pool_id)

    assert await find_device(context, context.database.reader, ann, device_key) is None
