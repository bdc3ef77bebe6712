"""AWS credentials from an identity pool, for somebody and for nobody."""

from __future__ import annotations

from typing import Any

import pytest
from async_identity_scene import GONE, HOUR, KEY, NOON, POOL, PROVIDER, Scene, gives, names

from userpool import NotSignedInError, Tokens
from userpool.async_identity_pool import AsyncIdentityPool
from userpool.errors import GarbledAnswerError, NotReachedError, SettingsError
from userpool.transport.scripted import (
    AsyncScriptedTransport,
    refuses,
    says,
    token_text,
)
from userpool.wire.faults import (
    InvalidIdentityPoolConfigurationException,
    NotAuthorizedException,
    ResourceNotFoundException,
)

pytestmark = pytest.mark.anyio

# ---- a user ----


async def test_a_user_is_given_credentials_for_their_id_token() -> None:
    scene = Scene(names(1), gives(1))
    alice = scene.somebody()

    credentials = await scene.pool.credentials(alice)

    logins = {PROVIDER: alice.tokens.id_token}
    assert scene.asked == [
        ("GetId", {"IdentityPoolId": POOL, "Logins": logins}),
        ("GetCredentialsForIdentity", {"IdentityId": "us-east-1:1", "Logins": logins}),
    ]
    assert (credentials.access_key_id, credentials.secret_access_key) == ("ASIA1", "secret 1")
    assert (credentials.session_token, credentials.identity_id) == ("session 1", "us-east-1:1")
    assert credentials.expires_epoch == NOON + HOUR


async def test_requests_go_to_the_identity_service_and_are_not_signed() -> None:
    scene = Scene(names(1))

    await scene.pool.identity_id()

    (request,) = scene.transport.requests
    assert request.url == "https://cognito-identity.us-east-1.amazonaws.com/"
    assert request.headers["X-Amz-Target"] == "AWSCognitoIdentityService.GetId"
    assert "Authorization" not in request.headers


async def test_credentials_are_kept_while_they_are_good() -> None:
    scene = Scene(names(1), gives(1))
    alice = scene.somebody()
    first = await scene.pool.credentials(alice)
    scene.effects.advance(HOUR - 301)

    assert await scene.pool.credentials(alice) is first


async def test_credentials_are_renewed_before_they_expire() -> None:
    scene = Scene(names(1), gives(1), gives(2, lasting=2 * HOUR))
    alice = scene.somebody()
    await scene.pool.credentials(alice)
    scene.effects.advance(HOUR - 300)

    renewed = await scene.pool.credentials(alice)

    assert renewed.access_key_id == "ASIA2"
    assert [operation for operation, _ in scene.asked] == ["GetId", *["GetCredentialsForIdentity"] * 2]


async def test_credentials_that_must_last_longer_are_renewed_sooner() -> None:
    scene = Scene(names(1), gives(1), gives(2, lasting=2 * HOUR))
    alice = scene.somebody()
    await scene.pool.credentials(alice)
    scene.effects.advance(HOUR - 900)

    assert (await scene.pool.credentials(alice)).access_key_id == "ASIA1"
    assert (await scene.pool.credentials(alice, valid_for_seconds=900)).access_key_id == "ASIA2"


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
async def test_nobody_is_given_credentials_that_were_good_a_while_ago(seconds: float) -> None:
    with pytest.raises(SettingsError, match="valid_for_seconds"):
        await Scene().pool.credentials(valid_for_seconds=seconds)


async def test_a_new_id_token_means_new_credentials() -> None:
    scene = Scene(names(1), gives(1), gives(2))
    await scene.pool.credentials(scene.somebody())

    promoted = scene.somebody(**{"cognito:groups": ["admins"]})

    assert (await scene.pool.credentials(promoted)).access_key_id == "ASIA2"


async def test_two_people_are_never_given_one_another_s() -> None:
    scene = Scene(names(1), gives(1), names(2), gives(2, identity=2))
    alice, bob = scene.somebody("alice"), scene.somebody("bob")

    given = [(await scene.pool.credentials(user)).identity_id for user in (alice, bob, alice, bob)]

    assert given == ["us-east-1:1", "us-east-1:2"] * 2


async def test_a_role_of_one_s_own_choice_is_asked_for_and_kept_apart() -> None:
    scene = Scene(names(1), gives(1), gives(2))
    alice = scene.somebody()
    role = "arn:aws:iam::123456789012:role/pilot"

    chosen = await scene.pool.credentials(alice, custom_role_arn=role)

    assert scene.asked[-1][1]["CustomRoleArn"] == role
    assert await scene.pool.credentials(alice) != chosen
    assert await scene.pool.credentials(alice, custom_role_arn=role) is chosen


async def test_a_user_without_an_id_token_is_told_so() -> None:
    scene = Scene()
    alice = scene.user_pool().user_from_tokens(
        Tokens(token_text({"username": "alice", "exp": NOON + 10 * HOUR}))
    )

    with pytest.raises(NotSignedInError, match="ID token"):
        await scene.pool.credentials(alice)

    assert scene.asked == []


# ---- a guest ----


async def test_a_guest_stays_the_same_guest() -> None:
    scene = Scene(names(1), gives(1))
    await scene.pool.credentials()
    assert scene.storage == {f"{KEY}identityId": "us-east-1:1"}
    assert scene.asked[0] == ("GetId", {"IdentityPoolId": POOL})

    again = Scene(gives(2), storage=scene.storage)

    assert (await again.pool.credentials()).identity_id == "us-east-1:1"
    assert again.asked == [("GetCredentialsForIdentity", {"IdentityId": "us-east-1:1"})]


async def test_a_guest_and_a_user_are_different_people() -> None:
    scene = Scene(names(1), names(2))

    assert await scene.pool.identity_id() == "us-east-1:1"
    assert await scene.pool.identity_id(scene.somebody()) == "us-east-1:2"

    assert scene.storage == {f"{KEY}identityId": "us-east-1:1", f"{KEY}alice.identityId": "us-east-1:2"}


async def test_a_guest_who_is_forgotten_is_a_new_one() -> None:
    scene = Scene(names(1), gives(1), names(3), gives(3, identity=3))
    scene.storage[f"{KEY}alice.identityId"] = "us-east-1:2"
    await scene.pool.credentials()

    scene.pool.forget()

    assert scene.storage == {f"{KEY}alice.identityId": "us-east-1:2"}
    assert (await scene.pool.credentials()).identity_id == "us-east-1:3"


async def test_everybody_can_be_forgotten() -> None:
    scene = Scene(names(1), gives(1))
    scene.storage["com.amplify.Cognito.another.identityId"] = "another pool's"
    alice = scene.somebody()
    await scene.pool.credentials(alice)

    scene.pool.clear()

    assert scene.storage == {"com.amplify.Cognito.another.identityId": "another pool's"}
    scene.transport.add(names(1), gives(2))
    assert (await scene.pool.credentials(alice)).access_key_id == "ASIA2"


# ---- when it does not go well ----


@pytest.mark.parametrize(
    "refusal",
    [
        GONE,
        refuses("NotAuthorizedException", "Access to Identity 'us-east-1:1' is forbidden."),
        refuses("NotAuthorizedException", "Logins don't match. Please include at least one valid login."),
    ],
)
async def test_an_identity_that_is_gone_is_asked_for_again(refusal: Any) -> None:
    scene = Scene(refusal, names(2), gives(2, identity=2))
    scene.storage[f"{KEY}identityId"] = "us-east-1:1"

    credentials = await scene.pool.credentials()

    assert credentials.identity_id == scene.storage[f"{KEY}identityId"] == "us-east-1:2"


async def test_an_identity_is_asked_for_again_once_and_no_more() -> None:
    scene = Scene(GONE, names(2), GONE)
    scene.storage[f"{KEY}identityId"] = "us-east-1:1"

    with pytest.raises(ResourceNotFoundException):
        await scene.pool.credentials()


async def test_a_fresh_identity_that_is_refused_is_refused() -> None:
    scene = Scene(names(1), GONE)

    with pytest.raises(ResourceNotFoundException):
        await scene.pool.credentials()


async def test_identities_that_were_merged_are_one_afterwards() -> None:
    scene = Scene(names(1), gives(1, identity=2))
    alice = scene.somebody()

    await scene.pool.credentials(alice)

    assert await scene.pool.identity_id(alice) == "us-east-1:2"


@pytest.mark.parametrize(
    "trouble", [NotReachedError("The cable is out."), refuses("TooManyRequestsException")]
)
async def test_trouble_on_the_way_is_no_reason_to_stop(trouble: Any) -> None:
    scene = Scene(names(1), gives(1), trouble)
    first = await scene.pool.credentials()
    scene.effects.advance(HOUR - 1)

    assert await scene.pool.credentials() is first


async def test_credentials_that_have_expired_are_not_given_out() -> None:
    scene = Scene(names(1), gives(1), NotReachedError("The cable is out."))
    await scene.pool.credentials()
    scene.effects.advance(HOUR)

    with pytest.raises(NotReachedError):
        await scene.pool.credentials()


async def test_a_refusal_counts_though_the_old_ones_are_still_good() -> None:
    refusal = refuses(
        "NotAuthorizedException", "Token is not from a supported provider of this identity pool."
    )
    scene = Scene(names(1), gives(1), refusal)
    alice = scene.somebody()
    await scene.pool.credentials(alice)
    scene.effects.advance(HOUR - 1)

    with pytest.raises(NotAuthorizedException):
        await scene.pool.credentials(alice)


@pytest.mark.parametrize("answer", [says({}), says({"IdentityId": "i"}), says({"Credentials": {}})])
async def test_an_answer_without_credentials_is_garbled(answer: Any) -> None:
    with pytest.raises(GarbledAnswerError):
        await Scene(names(1), answer).pool.credentials()


async def test_a_pool_without_roles_says_so() -> None:
    refusal = refuses("InvalidIdentityPoolConfigurationException", "Check assigned IAM roles for this pool.")

    with pytest.raises(InvalidIdentityPoolConfigurationException):
        await Scene(names(1), refusal).pool.credentials()


# ---- the basic flow, and settings ----


async def test_the_basic_flow_gives_a_token() -> None:
    token = token_text({"sub": "us-east-1:1", "exp": NOON + 600})
    scene = Scene(names(1), says({"IdentityId": "us-east-1:1", "Token": token}))

    given = await scene.pool.open_id_token()

    assert (given.token, given.identity_id, given.expires_epoch) == (token, "us-east-1:1", NOON + 600)
    assert token not in repr(given)


async def test_secrets_are_not_shown() -> None:
    credentials = await Scene(names(1), gives(1)).pool.credentials()

    assert "ASIA1" in repr(credentials)
    assert "secret 1" not in repr(credentials)
    assert "session 1" not in repr(credentials)


@pytest.mark.parametrize(
    ("pool_id", "settings", "endpoint"),
    [
        ("cn-north-1:0f3c", {}, "https://cognito-identity.cn-north-1.amazonaws.com.cn"),
        (
            "us-gov-west-1:0f3c",
            {"use_fips": True},
            "https://cognito-identity-fips.us-gov-west-1.amazonaws.com",
        ),
        ("eu-west-1:0f3c", {"endpoint": "http://localhost:9229/"}, "http://localhost:9229"),
    ],
)
def test_the_endpoint_follows_from_the_id(pool_id: str, settings: Any, endpoint: str) -> None:
    pool = AsyncIdentityPool(pool_id, transport=AsyncScriptedTransport(), **settings)

    assert (pool.endpoint, pool.region) == (endpoint, pool_id.partition(":")[0])


@pytest.mark.parametrize(
    "pool_id", ["", "us-east-1_aB12cDe34", "us-east-1:", ":0f3c", "us-east-1:a/b", "a" * 60]
)
def test_what_is_no_id_is_refused(pool_id: str) -> None:
    with pytest.raises(SettingsError):
        AsyncIdentityPool(pool_id, transport=AsyncScriptedTransport())


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout_seconds": 0},
        {"timeout_seconds": -1.0},
        {"timeout_seconds": float("inf")},
        {"timeout_seconds": float("nan")},
        {"refresh_leeway_seconds": -1.0},
        {"refresh_leeway_seconds": float("nan")},
    ],
)
def test_times_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        Scene(**wrong)


async def test_closing_lets_go_of_the_transport() -> None:
    scene = Scene()

    async with scene.pool as pool:
        assert POOL in repr(pool)

    assert scene.transport.closed
