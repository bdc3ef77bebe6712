"""A pool: what it is made of, who joins, who signs in, who is signed in."""

from __future__ import annotations

import json
from contextlib import suppress
from math import inf, nan
from typing import Any

import pytest

from userpool import (
    ChallengeError,
    EmailCodeRequired,
    FileStorage,
    NewPasswordRequired,
    RetryPolicy,
    SettingsError,
    SignedIn,
    SmsCodeRequired,
    Tokens,
    TotpRequired,
    UnknownChallenge,
    UserContext,
    UserPoolError,
    load_step,
)
from userpool.async_pool import AsyncUserPool
from userpool.effects import FixedEffects
from userpool.transport.async_http import AsyncHttpTransport
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, says, token_text
from userpool.wire.faults import CodeMismatchException, InternalErrorException, NotAuthorizedException

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
ALICE = grants("alice", expires_epoch=NOON + 3600)
KEYS = "CognitoIdentityServiceProvider.7ghr."


def pool_with(*script: Any, **settings: Any) -> tuple[AsyncUserPool, AsyncScriptedTransport]:
    transport = AsyncScriptedTransport(*script)
    settings = {"effects": FixedEffects(now=NOON), "retries": RetryPolicy(attempts=1), **settings}
    return AsyncUserPool("us-east-1_aB12cDe34", "7ghr", transport=transport, **settings), transport


# ---- what it is made of ----


async def test_a_pool_knows_where_it_is() -> None:
    pool, _ = pool_with()

    assert (pool.user_pool_id, pool.client_id, pool.region) == ("us-east-1_aB12cDe34", "7ghr", "us-east-1")
    assert pool.endpoint == "https://cognito-idp.us-east-1.amazonaws.com"
    assert pool.issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34"


async def test_other_endpoints_leave_the_issuer_as_it_is() -> None:
    pool, _ = pool_with(use_fips=True, use_dual_stack=True)

    assert pool.endpoint == "https://cognito-idp-fips.us-east-1.amazonaws.com"
    assert pool.issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34"


async def test_an_endpoint_of_one_s_own_is_spoken_to_and_named_as_the_issuer() -> None:
    pool, transport = pool_with(says({}), endpoint="http://localhost:9229/")

    await pool.confirm_sign_up("alice", "123456")

    assert transport.requests[0].url == "http://localhost:9229/"
    assert pool.issuer == "http://localhost:9229/us-east-1_aB12cDe34"
    assert pool_with(endpoint="http://localhost", issuer="https://i")[0].issuer == "https://i"


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_pool_id": "us-east-1"},
        {"client_id": ""},
        {"client_secret": ""},
        {"storage": "tokens.json"},
        {"endpoint": "http://pool.example.com"},
        {"endpoint": "https://pool.example.com", "use_fips": True},
        {"user_agent_suffix": "a\nb"},
        {"user_pool_id": None},
        {"timeout_seconds": 0},
        {"timeout_seconds": inf},
        {"total_timeout_seconds": -1},
        {"total_timeout_seconds": 0},
        {"total_timeout_seconds": nan},
        {"refresh_leeway_seconds": -1},
        {"refresh_leeway_seconds": nan},
    ],
)
async def test_a_wrong_setting_is_found_at_once(wrong: dict[str, Any]) -> None:
    settings = {"user_pool_id": "us-east-1_aB1", "client_id": "7ghr", "transport": AsyncScriptedTransport()}

    with pytest.raises(SettingsError):
        AsyncUserPool(**{**settings, **wrong})


async def test_a_pool_does_not_show_its_secret() -> None:
    pool, _ = pool_with(client_secret="the secret")

    assert repr(pool).endswith("UserPool 'us-east-1_aB12cDe34', client '7ghr'>")


async def test_a_pool_lets_go_of_its_connections() -> None:
    pool, transport = pool_with()

    async with pool as same:
        assert same is pool
        assert not transport.closed

    assert transport.closed


async def test_without_a_transport_requests_travel_by_httpx2() -> None:
    pool = AsyncUserPool("us-east-1_aB12cDe34", "7ghr")

    assert isinstance(pool._line.caller._transport, AsyncHttpTransport)  # noqa: SLF001
    await pool.close()


async def test_the_caller_s_words_are_added_to_the_name() -> None:
    pool, transport = pool_with(says({}), user_agent_suffix="shop/2.1", timeout_seconds=3)

    await pool.confirm_sign_up("alice", "123456")

    assert transport.requests[0].headers["User-Agent"].endswith(" shop/2.1")
    assert transport.requests[0].timeout == 3


# ---- joining ----


async def test_somebody_joins() -> None:
    sent = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    joined = says({"UserConfirmed": False, "UserSub": "1-2", "CodeDeliveryDetails": sent})
    pool, transport = pool_with(joined, says({"CodeDeliveryDetails": sent}), says({}))

    result = await pool.sign_up("alice", "pw", {"email": "a@e"}, validation_data={"v": "1"})
    delivery = await pool.resend_confirmation_code("alice")
    await pool.confirm_sign_up("alice", "123456", force_alias_creation=True)

    assert (result.sub, result.confirmed) == ("1-2", False)
    assert result.delivery == delivery
    assert [request.body for request in transport.requests] == [
        {
            "ClientId": "7ghr",
            "Username": "alice",
            "Password": "pw",
            "UserAttributes": [{"Name": "email", "Value": "a@e"}],
            "ValidationData": [{"Name": "v", "Value": "1"}],
        },
        {"ClientId": "7ghr", "Username": "alice"},
        {"ClientId": "7ghr", "Username": "alice", "ConfirmationCode": "123456", "ForceAliasCreation": True},
    ]


async def test_metadata_and_context_travel_with_everything_that_takes_them() -> None:
    context = UserContext(ip_address="203.0.113.7", encoded_data="d")
    challenge = says({"ChallengeName": "SMS_MFA", "Session": "s", "ChallengeParameters": {}})
    pool, transport = pool_with(
        says({"UserConfirmed": True, "UserSub": "1"}),
        *[says({})] * 2,
        challenge,
        challenge,
        *[says({})] * 2,
        client_metadata={"for": "all"},
        user_context=context,
    )

    await pool.sign_up("alice", "pw")
    await pool.confirm_sign_up("alice", "1")
    await pool.resend_confirmation_code("alice")
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SmsCodeRequired)
    await pool.answer(step.code("1"), client_metadata={"for": "one"})
    await pool.forgot_password("alice")
    await pool.confirm_forgot_password("alice", "1", "new")

    for request in transport.requests:
        answer = request.operation == "RespondToAuthChallenge"
        assert request.body["ClientMetadata"] == {"for": "one" if answer else "all"}
        assert request.body["UserContextData"] == {"IpAddress": "203.0.113.7", "EncodedData": "d"}


async def test_a_forgotten_password_is_replaced() -> None:
    sent = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    pool, transport = pool_with(says({"CodeDeliveryDetails": sent}), says({}))

    delivery = await pool.forgot_password("alice")
    await pool.confirm_forgot_password("alice", "123456", "new")

    assert delivery is not None
    assert delivery.destination == "a***@e***"
    assert transport.requests[1].body == {
        "ClientId": "7ghr",
        "Username": "alice",
        "ConfirmationCode": "123456",
        "Password": "new",
    }


# ---- signing in ----


async def test_a_password_proves_itself_unless_told_otherwise() -> None:
    pool, transport = pool_with(says({"ChallengeName": "CUSTOM_CHALLENGE", "Session": "s"}))

    await pool.sign_in("alice", "the password")

    body = transport.requests[0].body
    assert body["AuthFlow"] == "USER_SRP_AUTH"
    assert set(body["AuthParameters"]) == {"USERNAME", "SRP_A"}
    assert "the password" not in json.dumps(body)


async def test_no_two_sign_ins_use_the_same_number() -> None:
    challenge = says({"ChallengeName": "CUSTOM_CHALLENGE", "Session": "s"})
    pool, transport = pool_with(challenge, challenge)

    await pool.sign_in("alice", "pw")
    await pool.sign_in("alice", "pw")

    first, second = (request.body["AuthParameters"]["SRP_A"] for request in transport.requests)
    assert first != second


async def test_whoever_signs_in_is_stored_under_the_pool_s_own_name_for_them() -> None:
    # amazon-cognito-identity-js stores what came by USER_PASSWORD_AUTH under the alias that was typed.
    storage: dict[str, str] = {}
    pool, _ = pool_with(ALICE, storage=storage)

    step = await pool.sign_in("Alice@Example.com", "pw", flow="USER_PASSWORD_AUTH")

    # The storage was an empty one, and an empty mapping is false.
    assert isinstance(step, SignedIn)
    assert step.user.username == "alice"
    assert storage[f"{KEYS}LastAuthUser"] == "alice"
    assert storage[f"{KEYS}alice.refreshToken"] == "a refresh token"


async def test_a_sign_in_with_two_questions() -> None:
    first = {
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": "first",
        "ChallengeParameters": {"requiredAttributes": '["userAttributes.name"]', "userAttributes": "{}"},
    }
    second = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "second", "ChallengeParameters": {}}
    pool, transport = pool_with(says(first), says(second), ALICE)

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, NewPasswordRequired)
    step = await pool.answer(step.password("new", {"name": "Alice"}))
    assert isinstance(step, TotpRequired)
    step = await pool.answer(step.code("123456"))

    assert isinstance(step, SignedIn)
    assert [request.body.get("Session") for request in transport.requests] == [None, "first", "second"]


async def test_a_challenge_can_be_answered_by_another_process() -> None:
    parameters = {"CODE_DELIVERY_DESTINATION": "t***@e***"}
    asked = says({"ChallengeName": "EMAIL_OTP", "Session": "s", "ChallengeParameters": parameters})
    here, _ = pool_with(asked)
    there, transport = pool_with(ALICE)

    step = await here.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, EmailCodeRequired)
    loaded = load_step(step.dump())
    assert isinstance(loaded, EmailCodeRequired)
    done = await there.answer(loaded.code("12345678"))

    assert isinstance(done, SignedIn)
    assert transport.requests[0].body["Session"] == "s"


@pytest.mark.parametrize(
    "reply",
    [
        says({"ChallengeName": "RETINA_SCAN", "Session": "s", "ChallengeParameters": {"A": "b"}}),
        says({"ChallengeName": "WEB_AUTHN", "Session": "s", "ChallengeParameters": {}}),
        says({"ChallengeName": "DEVICE_SRP_AUTH", "Session": "s"}),
        says({"ChallengeParameters": {}}),
        says({"AuthenticationResult": {"IdToken": "only an id token"}}),
        refuses("NotAuthorizedException"),
        refuses("InternalErrorException", status=500),
    ],
)
async def test_what_is_stored_stays_until_there_are_tokens(reply: Any) -> None:
    # amazon-cognito-identity-js writes empty tokens over the stored ones when it does not know a challenge.
    storage = {f"{KEYS}LastAuthUser": "bob", f"{KEYS}bob.accessToken": "b", f"{KEYS}alice.accessToken": "a"}
    before = dict(storage)
    pool, _ = pool_with(reply, storage=storage)

    with suppress(UserPoolError):
        assert not isinstance(await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"), SignedIn)

    assert storage == before


async def test_what_is_new_to_us_is_a_step_and_no_crash() -> None:
    pool, _ = pool_with(says({"ChallengeName": "RETINA_SCAN", "Session": "s"}))

    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert isinstance(step, UnknownChallenge)
    assert (step.name, step.username, step.session) == ("RETINA_SCAN", "alice", "s")


async def test_a_wrong_code_can_be_typed_again() -> None:
    asked = says({"ChallengeName": "SMS_MFA", "Session": "s", "ChallengeParameters": {}})
    pool, _ = pool_with(asked, refuses("CodeMismatchException", "Invalid code"), ALICE)
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SmsCodeRequired)

    with pytest.raises(CodeMismatchException, match="Invalid code"):
        await pool.answer(step.code("000000"))

    assert isinstance(await pool.answer(step.code("123456")), SignedIn)


async def test_an_answer_for_another_client_is_not_sent() -> None:
    pool, transport = pool_with()

    with pytest.raises(ChallengeError):
        await pool.answer(TotpRequired(client_id="another", username="alice").code("123456"))

    assert transport.requests == []


async def test_a_password_is_never_sent_twice() -> None:
    pool, transport = pool_with(refuses("InternalErrorException", status=500), retries=RetryPolicy())

    with pytest.raises(InternalErrorException):
        await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert len(transport.requests) == 1


async def test_an_error_does_not_hold_the_password() -> None:
    pool, _ = pool_with(refuses("NotAuthorizedException", "Incorrect username or password."))

    with pytest.raises(NotAuthorizedException) as caught:
        await pool.sign_in("alice", "the password", flow="USER_PASSWORD_AUTH")

    assert "the password" not in f"{caught.value!r} {caught.value.__dict__}"


# ---- who is signed in ----


async def test_nobody_is_signed_in_to_begin_with() -> None:
    pool, _ = pool_with()

    assert (pool.current_user(), pool.current_user("alice"), pool.users()) == (None, None, ())


async def test_a_pool_s_memory_is_its_own() -> None:
    # amazon-cognito-identity-js has one memory for the whole process.
    pool, _ = pool_with(ALICE)
    another, _ = pool_with()
    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    assert pool.current_user() is not None
    assert another.current_user() is None


async def test_several_people_are_signed_in_side_by_side() -> None:
    pool, transport = pool_with(ALICE, grants("bob", expires_epoch=NOON + 3600, refresh_token="bob's"))
    for name in ("alice", "bob"):
        await pool.sign_in(name, "pw", flow="USER_PASSWORD_AUTH")

    last, alice = pool.current_user(), pool.current_user("alice")

    assert last is not None
    assert alice is not None
    assert (last.username, alice.username) == ("bob", "alice")
    assert [user.username for user in pool.users()] == ["alice", "bob"]
    assert alice.tokens.refresh_token == "a refresh token"
    assert len(transport.requests) == 2


async def test_a_user_in_hand_stays_who_they_are() -> None:
    pool, _ = pool_with(ALICE, grants("bob", expires_epoch=NOON + 3600))
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)

    await pool.sign_in("bob", "pw", flow="USER_PASSWORD_AUTH")

    assert step.user.username == "alice"
    assert step.user.claims["cognito:username"] == "alice"


async def test_the_next_run_finds_whoever_was_signed_in(tmp_path: Any) -> None:
    pool, _ = pool_with(ALICE, storage=FileStorage(tmp_path / "tokens.json"))
    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")

    again, transport = pool_with(storage=FileStorage(tmp_path / "tokens.json"))

    alice = again.current_user()
    assert alice is not None
    assert (alice.username, alice.claims["cognito:username"]) == ("alice", "alice")
    assert transport.requests == []


async def test_two_objects_of_one_sign_in_share_it() -> None:
    renewed = grants("alice", expires_epoch=NOON + 7200, refresh_token="r2")
    pool, _ = pool_with(ALICE, renewed, says({}))
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    found = pool.current_user()
    assert found is not None

    await step.user.refresh()
    assert found.tokens.refresh_token == "r2"

    await found.sign_out()
    assert not step.user.is_signed_in


async def test_tokens_that_the_caller_keeps_are_not_stored() -> None:
    storage: dict[str, str] = {}
    tokens = Tokens(token_text({"username": "alice", "exp": NOON, "origin_jti": "o"}), refresh_token="r1")
    renewed = grants("alice", expires_epoch=NOON + 3600, refresh_token="r2")
    pool, transport = pool_with(renewed, says({}), storage=storage)

    alice = pool.user_from_tokens(tokens)
    await alice.fresh_tokens()
    kept = alice.tokens
    await alice.sign_out()

    assert (alice.username, kept.refresh_token) == ("alice", "r2")
    assert transport.requests[1].body["Token"] == "r2"
    assert storage == {}


async def test_tokens_that_tell_no_name_need_one() -> None:
    pool, _ = pool_with()

    with pytest.raises(SettingsError):
        pool.user_from_tokens(Tokens("opaque"))

    assert pool.user_from_tokens(Tokens("opaque"), username="alice").username == "alice"
