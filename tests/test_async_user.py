"""What a signed-in person may do."""

from __future__ import annotations

from typing import Any

import pytest

from userpool import NotSignedInError, RetryPolicy, StorageError
from userpool.async_pool import AsyncUserPool
from userpool.async_user import AsyncUser
from userpool.effects import FixedEffects
from userpool.errors import NotReachedError
from userpool.steps import SignedIn
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, says
from userpool.wire.faults import (
    CodeMismatchException,
    NotAuthorizedException,
    TooManyRequestsException,
)

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
KEYS = "CognitoIdentityServiceProvider.7ghr."


class Scene:
    """A pool, its script, and a way to have somebody sign in."""

    def __init__(self, storage: Any = None, **settings: Any) -> None:
        self.effects = FixedEffects(now=NOON)
        self.storage = {} if storage is None else storage
        self.transport = AsyncScriptedTransport()
        self.pool = AsyncUserPool(
            "us-east-1_aB12cDe34",
            "7ghr",
            transport=self.transport,
            storage=self.storage,
            effects=self.effects,
            retries=RetryPolicy(attempts=1),
            **settings,
        )

    async def somebody(self, *script: Any, name: str = "alice", more: Any = None) -> AsyncUser:
        """Sign somebody in, and go on with this script."""
        refresh_token = f"the refresh token of {name}"
        self.transport.add(
            grants(name, expires_epoch=NOON + 3600, refresh_token=refresh_token, more=more), *script
        )
        step = await self.pool.sign_in(name, "pw", flow="USER_PASSWORD_AUTH")
        assert isinstance(step, SignedIn)
        self.transport.requests.clear()
        return step.user

    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """What was asked for after the sign-in, without the access token."""
        return [
            (
                request.operation,
                {name: value for name, value in request.body.items() if name != "AccessToken"},
            )
            for request in self.transport.requests
        ]


async def test_a_user_knows_who_they_are() -> None:
    alice = await Scene().somebody(more={"email": "a@e", "cognito:groups": ["staff"]})

    assert (alice.username, alice.sub) == ("alice", "the sub of alice")
    assert (alice.claims["email"], alice.claims["token_use"]) == ("a@e", "id")
    assert alice.is_signed_in


async def test_a_user_does_not_show_their_tokens() -> None:
    alice = await Scene().somebody()

    assert repr(alice).endswith("User 'alice'>")


async def test_attributes_are_asked_for_each_time() -> None:
    scene = Scene()
    reply = says({"Username": "alice", "UserAttributes": [{"Name": "email", "Value": "a@e"}]})
    alice = await scene.somebody(reply, reply)

    assert await alice.attributes() == await alice.attributes() == {"email": "a@e"}
    assert [operation for operation, _ in scene.asked()] == ["GetUser", "GetUser"]


async def test_an_update_asks_for_nothing_else() -> None:
    # amazon-cognito-identity-js reads the profile and renews the tokens behind the caller's back.
    scene = Scene({f"{KEYS}alice.userData": "{}"})
    sent = {"Destination": "b***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    alice = await scene.somebody(says({"CodeDeliveryDetailsList": [sent]}))
    scene.storage[f"{KEYS}alice.userData"] = "{}"

    deliveries = await alice.update_attributes({"email": "b@e"}, client_metadata={"a": "b"})

    assert [delivery.attribute for delivery in deliveries] == ["email"]
    assert scene.asked() == [
        (
            "UpdateUserAttributes",
            {"UserAttributes": [{"Name": "email", "Value": "b@e"}], "ClientMetadata": {"a": "b"}},
        )
    ]
    assert f"{KEYS}alice.userData" not in scene.storage


@pytest.mark.parametrize(("names", "listed"), [(["name", "locale"], ["name", "locale"]), ("name", ["name"])])
async def test_attributes_are_deleted_by_name(names: Any, listed: list[str]) -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    await alice.delete_attributes(names)

    assert scene.asked() == [("DeleteUserAttributes", {"UserAttributeNames": listed})]


async def test_an_address_is_verified_by_a_code() -> None:
    scene = Scene(client_metadata={"for": "all"})
    sent = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    alice = await scene.somebody(
        says({"CodeDeliveryDetails": sent}), refuses("CodeMismatchException"), says({})
    )

    delivery = await alice.send_attribute_verification_code("email")
    with pytest.raises(CodeMismatchException):
        await alice.verify_attribute("email", "000000")
    await alice.verify_attribute("email", "123456")

    assert delivery is not None
    assert delivery.destination == "a***@e***"
    assert scene.asked()[0] == (
        "GetUserAttributeVerificationCode",
        {"AttributeName": "email", "ClientMetadata": {"for": "all"}},
    )
    assert scene.asked()[2] == ("VerifyUserAttribute", {"AttributeName": "email", "Code": "123456"})


async def test_a_password_is_changed() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    await alice.change_password("old", "new")

    assert scene.asked() == [("ChangePassword", {"PreviousPassword": "old", "ProposedPassword": "new"})]


async def test_a_renewal_on_demand_brings_new_claims() -> None:
    scene = Scene()
    alice = await scene.somebody(grants("alice", expires_epoch=NOON + 7200, more={"email": "b@e"}))

    tokens = await alice.refresh(client_metadata={"a": "b"})

    assert alice.tokens is tokens
    assert alice.claims["email"] == "b@e"
    assert scene.asked() == [
        (
            "GetTokensFromRefreshToken",
            {
                "RefreshToken": "the refresh token of alice",
                "ClientId": "7ghr",
                "ClientMetadata": {"a": "b"},
            },
        )
    ]


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


async def test_whoever_signs_out_leaves_the_others_alone() -> None:
    scene = Scene()
    alice = await scene.somebody()
    bob = await scene.somebody(says({}), name="bob")

    await bob.sign_out()

    assert (alice.is_signed_in, [user.username for user in scene.pool.users()]) == (True, ["alice"])


async def test_a_global_sign_out_ends_it_here_too() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))

    await alice.global_sign_out()

    assert scene.asked() == [("GlobalSignOut", {})]
    assert (alice.is_signed_in, scene.storage) == (False, {})


@pytest.mark.parametrize(
    "trouble", [NotReachedError("no cable"), refuses("NotAuthorizedException", "revoked")]
)
async def test_a_global_sign_out_that_failed_is_told_and_ends_it_here_all_the_same(trouble: Any) -> None:
    # amazon-cognito-identity-js leaves somebody stuck whose tokens were revoked elsewhere.
    scene = Scene()
    alice = await scene.somebody(trouble)

    with pytest.raises((NotReachedError, NotAuthorizedException)):
        await alice.global_sign_out()

    assert (alice.is_signed_in, scene.storage) == (False, {})


async def test_whoever_is_deleted_is_signed_out() -> None:
    scene = Scene()
    alice = await scene.somebody(says())

    await alice.delete()

    assert scene.asked() == [("DeleteUser", {})]
    assert (alice.is_signed_in, scene.storage) == (False, {})


async def test_whoever_could_not_be_deleted_stays() -> None:
    scene = Scene()
    alice = await scene.somebody(refuses("TooManyRequestsException"))

    with pytest.raises(TooManyRequestsException):
        await alice.delete()

    assert alice.is_signed_in


async def test_nobody_does_anything_after_signing_out() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}))
    await alice.sign_out()

    with pytest.raises(NotSignedInError, match="alice is signed out"):
        await alice.attributes()
    with pytest.raises(NotSignedInError):
        await alice.refresh()
    with pytest.raises(NotSignedInError):
        await alice.fresh_tokens()
    with pytest.raises(NotSignedInError):
        _ = alice.tokens
    with pytest.raises(NotSignedInError):
        _ = alice.claims
    assert len(scene.asked()) == 1


async def test_a_storage_that_fails_does_not_keep_anybody_signed_in() -> None:
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
