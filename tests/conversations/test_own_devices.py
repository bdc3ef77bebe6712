"""A person's devices, looked at, remembered and forgotten by themselves."""

from __future__ import annotations

import inspect

import pytest

from userpool import ResourceNotFoundException, SettingsError
from userpool.testing import LocalPool
from userpool.wire.user_pools import CreateUserPoolRequest, DeviceConfigurationType

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"


@pytest.fixture
def local(database_url, tmp_path, monkeypatch):
    """A pool that remembers the devices whose owners say so."""
    monkeypatch.chdir(tmp_path)
    request = CreateUserPoolRequest(
        pool_name="local",
        auto_verified_attributes=["email"],
        device_configuration=DeviceConfigurationType(device_only_remembered_on_user_prompt=True),
    )
    with LocalPool(pool=request, database_url=database_url) as opened:
        yield opened


async def joined(local, pool, now):
    """Sign alice up and confirm her."""
    await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))


async def signed_in(pool, now):
    """Sign alice in."""
    return (await now(pool.sign_in("alice", PASSWORD))).user


async def all_of(devices):
    """Go through devices of either face."""
    return [device async for device in devices] if inspect.isasyncgen(devices) else list(devices)


async def test_a_device_is_remembered_by_its_person_and_forgotten_again(local, make_pool, now):
    storage = {}
    pool = make_pool(storage=storage)
    await joined(local, pool, now)
    alice = await signed_in(pool, now)

    assert (await now(alice.device())).remembered is False
    await now(alice.remember_device())
    device = await now(alice.device())
    assert (device.key, device.remembered) == (alice.device_key, True)
    assert device.created is not None

    await now(alice.do_not_remember_device())
    assert (await now(alice.device())).remembered is False

    await now(alice.forget_device())
    assert [
        key for key in storage if key.endswith(("deviceKey", "deviceGroupKey", "randomPasswordKey"))
    ] == []


async def test_devices_are_listed_page_by_page(local, make_pool, now):
    first = make_pool()
    await joined(local, first, now)
    people = [await signed_in(pool, now) for pool in (first, make_pool(), make_pool())]
    for person in people:
        await now(person.remember_device())

    page = await now(people[0].devices(limit=2))
    assert len(page.devices) == 2
    rest = await now(people[0].devices(limit=2, page_token=page.next_token))
    listed = {device.key for device in await all_of(people[0].all_devices(page_size=1))}

    assert listed == {device.key for device in (*page.devices, *rest.devices)}
    assert listed == {person.device_key for person in people}


async def test_a_device_elsewhere_is_forgotten_by_its_key(local, make_pool, now):
    here, there = make_pool(), make_pool()
    await joined(local, here, now)
    alice, lost = await signed_in(here, now), await signed_in(there, now)

    await now(alice.forget_device(lost.device_key))

    assert (await now(alice.device())).key == alice.device_key
    with pytest.raises(ResourceNotFoundException):
        await now(alice.device(lost.device_key))


async def test_a_pool_that_remembers_no_devices_has_none_to_look_at(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with LocalPool(database_url=database_url) as plain:
        pool = plain.client()
        pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"})
        pool.confirm_sign_up("alice", plain.inbox.latest("alice").code)
        alice = pool.sign_in("alice", PASSWORD).user

        assert alice.device_key is None
        with pytest.raises(SettingsError):
            alice.device()


async def test_the_secret_of_a_device_goes_with_the_account(local, make_pool, now):
    storage = {}
    pool = make_pool(storage=storage)
    await joined(local, pool, now)
    alice = await signed_in(pool, now)
    assert any(key.endswith("randomPasswordKey") for key in storage)

    await now(alice.delete())

    assert storage == {}
