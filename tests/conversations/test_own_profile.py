"""A person's own record: changed, verified, kept, and left behind."""

from __future__ import annotations

import pytest

from userpool import CodeMismatchException, NotSignedInError
from userpool.wire.user_pools import (
    AddCustomAttributes,
    AddCustomAttributesRequest,
    SchemaAttributeTypeInput,
    UpdateUserPool,
    UpdateUserPoolRequest,
    UserAttributeUpdateSettingsTypeInput,
)

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"


async def alice_of(local, pool, now):
    """Sign alice up, confirm her and sign her in."""
    await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))
    return (await now(pool.sign_in("alice", PASSWORD))).user


async def test_a_new_address_waits_for_its_code_and_then_stands_in_the_claims(local, pool, now):
    alice = await alice_of(local, pool, now)

    update = await now(alice.update_attributes({"email": "al@example.com", "nickname": "Al"}))
    assert (update.updated, list(update.pending)) == (("nickname",), ["email"])
    assert (await now(alice.attributes()))["email_verified"] == "false"
    assert alice.claims["email"] == "alice@example.com"

    code = local.inbox.latest("alice").code
    await now(alice.verify_attribute("email", code, refresh_claims=True))
    assert (await now(alice.attributes()))["email_verified"] == "true"
    assert (alice.claims["email"], alice.claims["email_verified"]) == ("al@example.com", True)


async def test_a_pool_may_keep_the_old_address_until_the_new_one_is_verified(local, pool, now):
    kept = UserAttributeUpdateSettingsTypeInput(attributes_require_verification_before_update=["email"])
    local.call(
        UpdateUserPool,
        UpdateUserPoolRequest(
            user_pool_id=local.user_pool_id,
            user_attribute_update_settings=kept,
            auto_verified_attributes=["email"],
        ),
    )
    alice = await alice_of(local, pool, now)

    update = await now(alice.update_attributes({"email": "al@example.com"}))
    assert list(update.pending) == ["email"]
    assert (await now(alice.attributes()))["email"] == "alice@example.com"

    code = local.inbox.latest("alice").code
    with pytest.raises(CodeMismatchException):
        await now(alice.verify_attribute("email", f"{(int(code) + 1) % 1_000_000:06d}"))
    await now(alice.verify_attribute("email", code))
    assert (await now(alice.attributes()))["email"] == "al@example.com"


async def test_custom_attributes_are_written_read_and_deleted(local, pool, now):
    team = SchemaAttributeTypeInput(name="team", attribute_data_type="String", mutable=True)
    local.call(
        AddCustomAttributes,
        AddCustomAttributesRequest(user_pool_id=local.user_pool_id, custom_attributes=[team]),
    )
    alice = await alice_of(local, pool, now)

    await now(alice.update_attributes({"custom:team": "Kites & Co"}, refresh_claims=True))
    assert alice.claims["custom:team"] == "Kites & Co"

    await now(alice.delete_attributes("custom:team"))
    assert "custom:team" not in await now(alice.attributes())


async def test_a_kept_profile_is_read_by_another_process_until_something_changes(local, make_pool, now):
    storage = {}
    alice = await alice_of(local, make_pool(storage=storage), now)
    asked = await now(alice.profile())

    elsewhere = make_pool(storage=storage).current_user()
    assert elsewhere.cached_profile() == asked
    await now(elsewhere.update_attributes({"nickname": "Al"}))
    assert alice.cached_profile() is None


async def test_nothing_is_left_of_somebody_who_was_deleted(local, make_pool, now):
    storage = {}
    alice = await alice_of(local, make_pool(storage=storage), now)
    await now(alice.profile())

    await now(alice.delete())

    assert storage == {}
    with pytest.raises(NotSignedInError):
        await now(alice.attributes())


async def test_whoever_was_deleted_elsewhere_can_still_be_deleted_here(local, make_pool, now):
    alice = await alice_of(local, make_pool(), now)
    again = (await now(make_pool().sign_in("alice", PASSWORD))).user
    await now(alice.delete())

    await now(again.delete())

    assert not again.is_signed_in
