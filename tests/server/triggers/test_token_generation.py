"""PreTokenGeneration: three versions of its event, and what its reply does to the tokens that are signed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions

from userpool.tokens.claims import unverified_claims
from userpool.wire.faults import InvalidLambdaResponseException, UserLambdaValidationException

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

SCOPE = "aws.cognito.signin.user.admin"
NO_GROUPS = {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}


def claims_of(tokens: dict[str, Any]) -> tuple[Any, Any]:
    return unverified_claims(tokens["IdToken"]), unverified_claims(tokens["AccessToken"])


@pytest.mark.parametrize(
    ("name", "version", "member"),
    [
        ("PreTokenGeneration", "1", "claimsOverrideDetails"),
        ("PreTokenGenerationV2", "2", "claimsAndScopeOverrideDetails"),
        ("PreTokenGenerationV3", "3", "claimsAndScopeOverrideDetails"),
    ],
)
async def test_each_version_has_its_event(
    begin: Make, admit: Call, sign_in: Call, functions: Functions, name: str, version: str, member: str
) -> None:
    client = await begin(name)
    await admit(client, email="ann@example.com", email_verified="true")

    await sign_in(client)

    event = functions.event("TokenGeneration_Authentication")
    assert (event["version"], event["response"]) == (version, {member: None})
    assert event["request"]["groupConfiguration"] == NO_GROUPS
    assert event["request"]["userAttributes"]["email_verified"] == "true"
    assert event["request"].get("scopes") == (None if version == "1" else [SCOPE])


async def test_the_first_version_changes_the_id_token_alone(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreTokenGeneration")
    await admit(client, email="ann@example.com", nickname="Annie")
    details = {
        "claimsToAddOrOverride": {"team": "a", "email": "b@example.com"},
        "claimsToSuppress": ["nickname"],
    }
    functions.reply("PreTokenGeneration", claimsOverrideDetails=details)

    in_id, in_access = claims_of(await sign_in(client))

    assert (in_id["team"], in_id["email"]) == ("a", "b@example.com")
    assert "nickname" not in in_id
    assert "team" not in in_access


async def test_the_second_version_changes_both_tokens_and_the_scopes(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreTokenGenerationV2")
    await admit(client)
    details = {
        "idTokenGeneration": {"claimsToAddOrOverride": {"plan": {"seats": 3}}},
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"teams": ["a", "b"], "beta": True},
            "scopesToAdd": ["orders/read"],
        },
        "groupOverrideDetails": {
            "groupsToOverride": ["staff"],
            "iamRolesToOverride": ["arn:aws:iam::000000000000:role/staff"],
            "preferredRole": "arn:aws:iam::000000000000:role/staff",
        },
    }
    functions.reply("PreTokenGeneration", claimsAndScopeOverrideDetails=details)

    in_id, in_access = claims_of(await sign_in(client))

    assert in_id["plan"] == {"seats": 3}
    assert in_id["cognito:roles"] == ["arn:aws:iam::000000000000:role/staff"]
    assert in_id["cognito:preferred_role"] == "arn:aws:iam::000000000000:role/staff"
    assert (in_access["teams"], in_access["beta"]) == (["a", "b"], True)
    assert in_access["scope"] == f"{SCOPE} orders/read"
    assert in_id["cognito:groups"] == in_access["cognito:groups"] == ["staff"]
    assert "cognito:roles" not in in_access


async def test_tokens_with_other_claims_are_still_the_bearers(
    begin: Make, admit: Call, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin("PreTokenGenerationV2")
    await admit(client)
    details = {"accessTokenGeneration": {"claimsToAddOrOverride": {"sub": "eve", "username": "eve", "a": 1}}}
    functions.reply("PreTokenGeneration", claimsAndScopeOverrideDetails=details)

    tokens = await sign_in(client)

    assert (await call("GetUser", AccessToken=tokens["AccessToken"]))["Username"] == "ann"


async def test_it_is_asked_at_every_renewal(
    begin: Make, admit: Call, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin("PreTokenGeneration")
    await admit(client)
    tokens = await sign_in(client)
    functions.reply("PreTokenGeneration", claimsOverrideDetails={"claimsToAddOrOverride": {"renewed": "yes"}})

    reply = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )

    assert functions.sources == ["TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"]
    in_id, _ = claims_of(reply["AuthenticationResult"])
    assert in_id["renewed"] == "yes"


async def test_a_refusal_leaves_no_tokens(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreTokenGeneration")
    await admit(client)
    functions.refuse("PreTokenGeneration", "no")

    with pytest.raises(UserLambdaValidationException, match=r"^PreTokenGeneration failed with error no\.$"):
        await sign_in(client)


@pytest.mark.parametrize(
    "details",
    [
        {"claimsToAddOrOverride": {"number": 3}},
        {"claimsToAddOrOverride": {"cognito:groups": "admins"}},
        {"claimsToSuppress": "email"},
        "everything",
    ],
)
async def test_what_does_not_fit_is_refused(
    begin: Make, admit: Call, sign_in: Call, functions: Functions, details: Any
) -> None:
    client = await begin("PreTokenGeneration")
    await admit(client)
    functions.reply("PreTokenGeneration", claimsOverrideDetails=details)

    with pytest.raises(InvalidLambdaResponseException):
        await sign_in(client)


async def test_a_reply_without_changes_changes_nothing(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreTokenGenerationV2")
    await admit(client, email="ann@example.com")

    in_id, in_access = claims_of(await sign_in(client))

    assert (in_id["email"], in_access["scope"]) == ("ann@example.com", SCOPE)
