"""Keeping tokens fresh, and losing them only when they are lost."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from userpool import FileStorage, MemoryStorage, NotSignedInError, RetryPolicy, Tokens
from userpool.async_pool import AsyncUserPool
from userpool.async_user import AsyncUser
from userpool.effects import FixedEffects
from userpool.errors import NotReachedError, TransportError
from userpool.events import SignedOutEvent
from userpool.steps import SignedIn
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, says, token_text
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InternalErrorException,
    InvalidParameterException,
    NotAuthorizedException,
    RefreshTokenReuseException,
)

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
HOUR = 3_600
ALICE = says({"Username": "alice", "UserAttributes": [{"Name": "email", "Value": "a@e"}]})
GONE = refuses("NotAuthorizedException", "Refresh Token has been revoked")
KEYS = "CognitoIdentityServiceProvider.7ghr.alice."


class Scene:
    """A pool, its script and its clock, and Alice, who has signed in."""

    def __init__(self, *script: Any, storage: Any = None, first: Any = None, **settings: Any) -> None:
        self.effects = FixedEffects(now=NOON)
        self.storage = MemoryStorage() if storage is None else storage
        self.first = first or grants("alice", expires_epoch=NOON + HOUR, refresh_token="r1")
        self.script = script
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

    async def alice(self) -> AsyncUser:
        self.transport.add(self.first, *self.script)
        step = await self.pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
        assert isinstance(step, SignedIn)
        return step.user

    @property
    def later(self) -> list[str]:
        """What was asked for after the sign-in."""
        return self.transport.operations[1:]


async def test_tokens_that_are_good_are_used_as_they_are() -> None:
    scene = Scene(ALICE)
    alice = await scene.alice()
    scene.effects.advance(HOUR - 61)

    await alice.attributes()

    assert scene.later == ["GetUser"]


@pytest.mark.parametrize("late", [-60, 0, 100_000])
async def test_tokens_are_renewed_before_and_after_they_expire(late: int) -> None:
    # amazon-cognito-identity-js refuses with "User is not authenticated", though it could renew them.
    renewed = grants("alice", expires_epoch=NOON + HOUR + late + HOUR, refresh_token="r2")
    scene = Scene(renewed, ALICE)
    alice = await scene.alice()
    scene.effects.advance(HOUR + late)

    assert await alice.attributes() == {"email": "a@e"}

    assert scene.later == ["GetTokensFromRefreshToken", "GetUser"]
    assert scene.transport.requests[1].body["RefreshToken"] == "r1"
    assert scene.transport.requests[2].body["AccessToken"] == alice.tokens.access_token
    assert scene.storage[f"{KEYS}refreshToken"] == "r2"
    assert scene.storage[f"{KEYS}accessToken"] == alice.tokens.access_token


async def test_the_leeway_can_be_set() -> None:
    scene = Scene(grants("alice", expires_epoch=NOON + 2 * HOUR), refresh_leeway_seconds=600)
    alice = await scene.alice()
    scene.effects.advance(HOUR - 600)

    await alice.fresh_tokens()

    assert scene.later == ["GetTokensFromRefreshToken"]


async def test_expiry_is_reckoned_on_the_service_s_clock() -> None:
    # The machine is an hour and a half ahead, so by its own clock the tokens came expired.
    date = {"date": formatdate(NOON - 1.5 * HOUR, usegmt=True)}
    expiry = {"exp": int(NOON - HOUR), "username": "alice"}
    first = says({"AuthenticationResult": {"AccessToken": token_text(expiry)}}, headers=date)
    scene = Scene(ALICE, first=first)
    alice = await scene.alice()

    await alice.attributes()

    assert scene.later == ["GetUser"]
    assert scene.storage[f"{KEYS}clockDrift"] == str(int(1.5 * HOUR))


async def test_a_stored_drift_counts_before_the_first_reply() -> None:
    storage = {
        f"{KEYS}accessToken": token_text({"exp": NOON - HOUR}),
        f"{KEYS}clockDrift": str(2 * HOUR),
    }
    scene = Scene(storage=storage)

    alice = scene.pool.current_user("alice")

    assert alice is not None
    assert await alice.fresh_tokens() == alice.tokens
    assert scene.transport.operations == []


async def test_passing_trouble_is_no_reason_to_stop_while_the_tokens_are_valid() -> None:
    scene = Scene(NotReachedError("no cable"), ALICE)
    alice = await scene.alice()
    scene.effects.advance(HOUR - 30)

    assert await alice.attributes() == {"email": "a@e"}


@pytest.mark.parametrize(
    "trouble",
    [
        NotReachedError("no cable"),
        refuses("InternalErrorException", status=500),
        refuses("TooManyRequestsException"),
        refuses("UserLambdaValidationException", "PreTokenGeneration failed with error x."),
        refuses("NotAuthorizedException", "Unable to verify secret hash for client 7ghr"),
    ],
)
async def test_trouble_loses_no_tokens(trouble: Any) -> None:
    renewed = grants("alice", expires_epoch=NOON + 3 * HOUR)
    scene = Scene(trouble, renewed)
    alice = await scene.alice()
    scene.effects.advance(HOUR)

    with pytest.raises((TransportError, ServiceException)):
        await alice.attributes()
    assert scene.storage[f"{KEYS}refreshToken"] == "r1"

    await alice.fresh_tokens()
    assert alice.is_signed_in


@pytest.mark.parametrize(
    "name",
    [
        "NotAuthorizedException",
        "UserNotFoundException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "RefreshTokenReuseException",
    ],
)
async def test_a_definite_refusal_ends_the_session(name: str) -> None:
    scene = Scene(refuses(name, "no"))
    alice = await scene.alice()
    scene.effects.advance(HOUR)

    with pytest.raises(ServiceException) as caught:
        await alice.attributes()

    assert caught.value.code == name
    assert not alice.is_signed_in
    assert scene.pool.current_user() is None
    with pytest.raises(NotSignedInError):
        await alice.attributes()


async def test_a_definite_refusal_ends_the_session_even_within_the_leeway() -> None:
    scene = Scene(GONE)
    alice = await scene.alice()
    scene.effects.advance(HOUR - 30)

    with pytest.raises(NotAuthorizedException):
        await alice.attributes()

    assert not alice.is_signed_in


async def test_without_a_refresh_token_the_end_is_the_end() -> None:
    scene = Scene()
    scene.transport.add(ALICE)
    tokens = Tokens(token_text({"username": "alice", "exp": NOON + HOUR}))
    alice = scene.pool.user_from_tokens(tokens)
    scene.effects.advance(HOUR - 30)

    assert await alice.attributes() == {"email": "a@e"}

    scene.effects.advance(30)
    with pytest.raises(NotSignedInError, match="refresh token"):
        await alice.attributes()


async def test_an_access_token_that_the_service_finds_expired_is_renewed_once() -> None:
    expired = refuses("NotAuthorizedException", "Access Token has expired")
    renewed = grants("alice", expires_epoch=NOON + 2 * HOUR)
    scene = Scene(expired, renewed, ALICE)
    alice = await scene.alice()

    assert await alice.attributes() == {"email": "a@e"}

    assert scene.later == ["GetUser", "GetTokensFromRefreshToken", "GetUser"]


async def test_an_access_token_that_stays_expired_is_told() -> None:
    expired = refuses("NotAuthorizedException", "Access Token has expired")
    scene = Scene(expired, grants("alice", expires_epoch=NOON + 2 * HOUR), expired)
    alice = await scene.alice()

    with pytest.raises(NotAuthorizedException):
        await alice.attributes()

    assert alice.is_signed_in


async def test_a_revoked_access_token_is_renewed_if_the_session_goes_on() -> None:
    revoked = refuses("NotAuthorizedException", "Access Token has been revoked")
    scene = Scene(revoked, grants("alice", expires_epoch=NOON + 2 * HOUR), ALICE)
    alice = await scene.alice()

    assert await alice.attributes() == {"email": "a@e"}

    assert scene.later == ["GetUser", "GetTokensFromRefreshToken", "GetUser"]


async def test_whoever_was_signed_out_somewhere_else_is_signed_out_here_too() -> None:
    revoked = refuses("NotAuthorizedException", "Access Token has been revoked")
    scene = Scene(revoked, refuses("NotAuthorizedException", "Refresh Token has been revoked"))
    alice = await scene.alice()

    with pytest.raises(NotAuthorizedException, match="Refresh Token has been revoked"):
        await alice.attributes()

    assert not alice.is_signed_in
    assert scene.pool.current_user() is None


async def test_a_renewal_that_has_just_happened_is_not_made_again() -> None:
    # Whoever found the old tokens expired may come only when the renewal has landed.
    scene = Scene(grants("alice", expires_epoch=NOON + 2 * HOUR))
    alice = await scene.alice()
    old = alice.tokens
    await alice.refresh()

    line = scene.pool._line  # noqa: SLF001
    tokens = await line.renew(alice._session, old, extras=line.extras)  # noqa: SLF001

    assert tokens is alice.tokens
    assert scene.later == ["GetTokensFromRefreshToken"]


async def test_the_way_that_worked_is_remembered_for_all_users_of_a_client() -> None:
    renewed = grants("alice", expires_epoch=NOON + 2 * HOUR, refresh_token=None)
    again = grants("alice", expires_epoch=NOON + 3 * HOUR, refresh_token=None)
    scene = Scene(refuses("UnknownOperationException"), renewed, again)
    alice = await scene.alice()

    await alice.refresh()
    await alice.refresh()

    assert scene.later == ["GetTokensFromRefreshToken", "InitiateAuth", "InitiateAuth"]
    assert alice.tokens.refresh_token == "r1"


async def test_both_ways_are_tried_before_a_client_s_setting_is_blamed() -> None:
    refusal = refuses("InvalidParameterException", "Refresh is not enabled for this client")
    scene = Scene(refusal, refuses("InvalidParameterException", "Auth flow not enabled for this client"))
    alice = await scene.alice()

    with pytest.raises(InvalidParameterException, match="Refresh is not enabled"):
        await alice.refresh()

    assert alice.is_signed_in


async def test_a_renewal_never_becomes_somebody_else_s() -> None:
    # amazon-cognito-identity-js stores Alice's renewed tokens as Bob's, if Bob has signed in after her.
    bob = grants("bob", expires_epoch=NOON + HOUR, refresh_token="bob's")
    scene = Scene(bob, grants("alice", expires_epoch=NOON + 2 * HOUR, refresh_token="r2"))
    alice = await scene.alice()
    await scene.pool.sign_in("bob", "pw", flow="USER_PASSWORD_AUTH")

    await alice.refresh()

    assert scene.transport.requests[2].body["RefreshToken"] == "r1"
    assert (alice.username, scene.storage[f"{KEYS}refreshToken"]) == ("alice", "r2")
    assert scene.storage["CognitoIdentityServiceProvider.7ghr.bob.refreshToken"] == "bob's"
    assert scene.storage["CognitoIdentityServiceProvider.7ghr.LastAuthUser"] == "bob"


async def test_what_another_process_has_renewed_is_taken_over() -> None:
    scene = Scene(ALICE)
    alice = await scene.alice()
    newer = token_text({"username": "alice", "exp": NOON + 2 * HOUR})
    scene.storage.update({f"{KEYS}accessToken": newer, f"{KEYS}idToken": newer, f"{KEYS}refreshToken": "r2"})
    scene.effects.advance(HOUR)

    await alice.attributes()

    assert scene.later == ["GetUser"]
    assert (alice.tokens.access_token, alice.tokens.refresh_token) == (newer, "r2")


async def test_a_token_that_another_process_has_just_rotated_is_not_the_end() -> None:
    scene = Scene()
    alice = await scene.alice()
    newer = token_text({"username": "alice", "exp": NOON + 3 * HOUR})

    def rotated_meanwhile(_: Any) -> Any:
        scene.storage.update({f"{KEYS}accessToken": newer, f"{KEYS}refreshToken": "r2"})
        return refuses("RefreshTokenReuseException")

    scene.transport.add(rotated_meanwhile)
    scene.effects.advance(HOUR)

    tokens = await alice.fresh_tokens()

    assert (tokens.access_token, tokens.refresh_token) == (newer, "r2")
    assert alice.is_signed_in


async def test_a_reused_token_that_nobody_rotated_is_the_end() -> None:
    scene = Scene(refuses("RefreshTokenReuseException"))
    alice = await scene.alice()

    with pytest.raises(RefreshTokenReuseException):
        await alice.refresh()

    assert (alice.is_signed_in, f"{KEYS}refreshToken" in scene.storage) == (False, False)


async def test_whoever_signs_out_during_a_renewal_stays_out() -> None:
    scene = Scene()
    alice = await scene.alice()

    def signs_out_meanwhile(_: Any) -> Any:
        scene.pool._line.sessions.end(alice._session)  # noqa: SLF001
        return grants("alice", expires_epoch=NOON + 2 * HOUR, refresh_token="r2")

    scene.transport.add(signs_out_meanwhile, says({}))

    with pytest.raises(NotSignedInError):
        await alice.refresh()

    assert not alice.is_signed_in
    assert scene.pool.current_user() is None
    # What signing out has revoked is the token before, and this one would open doors for a month.
    assert scene.transport.operations[-1] == "RevokeToken"
    assert scene.transport.requests[-1].body["Token"] == "r2"


async def test_a_storage_that_forgot_somebody_is_not_made_to_remember_them() -> None:
    scene = Scene(grants("alice", expires_epoch=NOON + 2 * HOUR, refresh_token="r2"))
    alice = await scene.alice()
    for key in list(scene.storage):
        del scene.storage[key]

    with pytest.raises(NotSignedInError, match="elsewhere"):
        await alice.refresh()

    assert dict(scene.storage) == {}
    assert scene.later == []


async def test_a_renewal_during_which_they_signed_out_elsewhere_is_revoked() -> None:
    told: list[Any] = []
    scene = Scene(on_event=told.append)

    def leave_meanwhile(_: Any) -> Any:
        scene.storage.clear()
        return grants("alice", expires_epoch=NOON + 2 * HOUR, refresh_token="r2")

    alice = await scene.alice()
    told.clear()
    scene.transport.add(leave_meanwhile, says({}))

    with pytest.raises(NotSignedInError):
        await alice.refresh()

    assert (dict(scene.storage), alice.is_signed_in) == ({}, False)
    assert scene.transport.requests[-1].body["Token"] == "r2"
    assert told == [SignedOutEvent("alice", elsewhere=True)]


async def test_metadata_for_all_travels_with_a_renewal_in_the_background() -> None:
    renewed = grants("alice", expires_epoch=NOON + 2 * HOUR)
    scene = Scene(renewed, ALICE, client_metadata={"from": "a test"})
    alice = await scene.alice()
    scene.effects.advance(HOUR)

    await alice.attributes()

    assert scene.transport.requests[1].body["ClientMetadata"] == {"from": "a test"}


async def test_the_device_that_the_tokens_are_bound_to_is_named() -> None:
    scene = Scene()
    scene.transport.add(grants("alice", expires_epoch=NOON + 2 * HOUR))
    device = token_text({"username": "alice", "exp": NOON + HOUR, "device_key": "us-east-1_k"})
    alice = scene.pool.user_from_tokens(Tokens(device, refresh_token="r1"))

    await alice.refresh()

    assert scene.transport.requests[0].body["DeviceKey"] == "us-east-1_k"


async def test_a_file_keeps_what_was_renewed(tmp_path: Any) -> None:
    storage = FileStorage(tmp_path / "tokens.json")
    scene = Scene(grants("alice", expires_epoch=NOON + 2 * HOUR, refresh_token="r2"), storage=storage)
    alice = await scene.alice()

    await alice.refresh()

    again = AsyncUserPool("us-east-1_aB12cDe34", "7ghr", transport=scene.transport, storage=storage)
    found = again.current_user()
    assert found is not None
    assert found.tokens == alice.tokens


async def test_a_refusal_of_the_service_s_own_making_is_told_as_it_is() -> None:
    scene = Scene(refuses("InternalErrorException", "we are sorry", status=500))
    alice = await scene.alice()

    with pytest.raises(InternalErrorException, match="sorry"):
        await alice.refresh()
