"""What a signed-in person may do: passwords and leaving."""

from __future__ import annotations

from typing import Any

import pytest
from async_scene import KEYS, NOON, Scene

from userpool import NotSignedInError, SignedIn, StorageError
from userpool.errors import NoAnswerInTimeError, NotReachedError
from userpool.transport.scripted import grants, refuses, says, token_text
from userpool.wire.faults import InternalErrorException, NotAuthorizedException, TooManyRequestsException

pytestmark = pytest.mark.anyio


async def test_a_password_is_changed() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    await alice.change_password("old", "new")

    assert scene.asked() == [("ChangePassword", {"PreviousPassword": "old", "ProposedPassword": "new"})]


async def test_signing_out_revokes_and_forgets() -> None:
    scene = Scene(client_secret="the secret")
    alice = await scene.somebody(says({}))

    result = await alice.sign_out()

    assert (result.revoked, result.error) == (True, None)
    assert scene.asked() == [
        (
            "RevokeToken",
            {"Token": "the refresh token of alice", "ClientId": "7ghr", "ClientSecret": "the secret"},
        )
    ]
    assert scene.storage == {}
    assert (alice.is_signed_in, alice.sub) == (False, None)


@pytest.mark.parametrize(
    "trouble",
    [
        NotReachedError("no cable"),
        refuses("InternalErrorException", status=500),
        refuses("UnauthorizedException"),
    ],
)
async def test_signing_out_forgets_whatever_the_service_says(trouble: Any) -> None:
    # amazon-cognito-identity-js keeps somebody signed in whose tokens can neither be used nor renewed.
    scene = Scene()
    alice = await scene.somebody(trouble)
    scene.effects.advance(100_000)

    result = await alice.sign_out()

    assert not result.revoked
    assert result.error is not None
    assert scene.storage == {}
    assert not alice.is_signed_in


async def test_signing_out_asks_for_no_renewal_first() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))
    scene.effects.advance(100_000)

    await alice.sign_out()

    assert [operation for operation, _ in scene.asked()] == ["RevokeToken"]


async def test_signing_out_twice_is_signing_out_once() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    await alice.sign_out()
    again = await alice.sign_out()

    assert (again.revoked, again.error) == (False, None)
    assert len(scene.asked()) == 1


async def test_a_token_that_cannot_be_revoked_is_only_forgotten() -> None:
    scene = Scene()
    alice = await scene.somebody(more={"origin_jti": None})

    result = await alice.sign_out()

    assert (result.revoked, result.error) == (False, None)
    assert scene.storage == {}


async def test_the_newest_refresh_token_is_the_one_to_revoke() -> None:
    scene = Scene()
    alice = await scene.somebody(grants("alice", expires_epoch=NOON + 7200, refresh_token="r2"), says({}))
    await alice.refresh()

    await alice.sign_out()

    assert scene.asked()[1][1]["Token"] == "r2"


async def test_somebody_who_signed_in_twice_is_signed_out_of_both() -> None:
    scene = Scene()
    first = await scene.somebody(more={"origin_jti": "one"})
    scene.transport.add(
        grants("alice", expires_epoch=NOON + 7200, refresh_token="r2", more={"origin_jti": "two"}),
        refuses("InternalErrorException", status=500),
        says({}),
    )
    await scene.pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    result = await first.sign_out()

    assert [body["Token"] for _, body in scene.asked()[1:]] == ["the refresh token of alice", "r2"]
    assert (result.revoked, type(result.error)) == (False, InternalErrorException)
    assert scene.storage == {}


async def test_whoever_signs_out_leaves_the_others_alone() -> None:
    scene = Scene()
    alice = await scene.somebody()
    bob = await scene.somebody(says({}), name="bob")

    await bob.sign_out()

    assert (alice.is_signed_in, [user.username for user in scene.pool.users()]) == (True, ["alice"])


async def test_a_global_sign_out_ends_it_here_too() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    result = await alice.global_sign_out()

    assert scene.asked() == [("GlobalSignOut", {})]
    assert (result.revoked, result.error) == (True, None)
    assert (alice.is_signed_in, scene.storage) == (False, {})


@pytest.mark.parametrize(
    "trouble", [NotReachedError("no cable"), refuses("NotAuthorizedException", "revoked")]
)
async def test_a_global_sign_out_that_failed_is_told_and_ends_it_here_all_the_same(trouble: Any) -> None:
    # amazon-cognito-identity-js leaves somebody stuck whose tokens were revoked elsewhere.
    scene = Scene()
    alice = await scene.somebody(trouble)

    result = await alice.global_sign_out()

    assert (alice.is_signed_in, scene.storage) == (False, {})
    assert not result.revoked
    with pytest.raises((NotReachedError, NotAuthorizedException)):
        result.raise_error()


async def test_of_whoever_is_deleted_no_device_is_left_under_another_name() -> None:
    scene = Scene()
    result = {
        "AccessToken": token_text({"username": "alice", "exp": NOON + 3600}),
        "NewDeviceMetadata": {"DeviceKey": "us-east-1_2", "DeviceGroupKey": "-g2"},
    }
    scene.transport.add(says({"AuthenticationResult": result}), says({}), says())
    scene.storage.update(device_of("bob"))
    step = await scene.pool.sign_in("Alice@e", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    assert scene.storage[f"{KEYS}Alice@e.deviceKey"] == "us-east-1_2"

    await step.user.delete()

    assert scene.storage == device_of("bob")


async def test_of_whoever_is_deleted_nothing_is_left() -> None:
    scene = Scene()
    alice = await scene.somebody(says())
    scene.storage.update(device_of("alice"))

    await alice.delete()

    assert scene.asked() == [("DeleteUser", {})]
    assert (alice.is_signed_in, scene.storage) == (False, {})


async def test_whoever_could_not_be_deleted_stays() -> None:
    scene = Scene()
    alice = await scene.somebody(refuses("TooManyRequestsException"))

    with pytest.raises(TooManyRequestsException):
        await alice.delete()

    assert alice.is_signed_in


async def test_a_storage_that_fails_keeps_nobody_signed_in_here_or_there() -> None:
    class Failing(dict[str, str]):
        broken = False

        def pop(self, *_: Any) -> Any:
            if self.broken:
                raise StorageError("the disk is gone")

    scene = Scene(Failing())
    alice = await scene.somebody(says({}))
    scene.storage.broken = True

    with pytest.raises(StorageError):
        await alice.sign_out()

    assert not alice.is_signed_in
    assert [operation for operation, _ in scene.asked()] == ["RevokeToken"]


async def test_whoever_is_out_already_cannot_end_the_other_sessions() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))
    await alice.sign_out()

    result = await alice.global_sign_out()

    assert not result.revoked
    assert isinstance(result.error, NotSignedInError)
    assert len(scene.asked()) == 1


async def test_a_sign_out_leaves_the_remembered_device() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))
    scene.storage.update(device_of("alice"))

    await alice.sign_out()

    assert scene.storage == device_of("alice")


async def test_whoever_was_deleted_already_is_gone_here_too() -> None:
    # What somebody hears who asks again, because no answer came to the first time.
    scene = Scene()
    alice = await scene.somebody(NoAnswerInTimeError("late"), refuses("UserNotFoundException"))

    with pytest.raises(NoAnswerInTimeError):
        await alice.delete()
    await alice.delete()

    assert (alice.is_signed_in, scene.storage) == (False, {})


async def test_the_devices_of_others_stay_when_somebody_is_deleted() -> None:
    scene = Scene(device_of("bob"))
    alice = await scene.somebody(says())

    await alice.delete()

    assert scene.storage == device_of("bob")


def device_of(name: str) -> dict[str, str]:
    values = {"deviceKey": "k", "deviceGroupKey": "g", "randomPasswordKey": "p"}
    return {f"{KEYS}{name}.{key}": value for key, value in values.items()}
