"""The local pool of our users' tests."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from userpool import NotAuthorizedException, SignedIn, UnsupportedOperationException, UserPool, UserPoolError
from userpool.errors import ExpiredTokenError
from userpool.testing import FixedEffects, LocalPool, ScriptedTransport
from userpool.tokens.claims import unverified_claims
from userpool.wire.groups import CreateGroup, CreateGroupRequest
from userpool.wire.mfa import (
    GetUserPoolMfaConfig,
    GetUserPoolMfaConfigRequest,
    SetUserPoolMfaConfigRequest,
    SoftwareTokenMfaConfigType,
)
from userpool.wire.sign_up import AdminConfirmSignUp, AdminConfirmSignUpRequest
from userpool.wire.user_pool_clients import CreateUserPoolClient, CreateUserPoolClientRequest
from userpool.wire.user_pools import (
    CreateUserPool,
    CreateUserPoolRequest,
    LambdaConfigTypeInput,
    PreTokenGenerationVersionConfigTypeInput,
)
from userpool.wire.users import AdminGetUser, AdminGetUserRequest, ListUsers, ListUsersRequest

PASSWORD = "Correct-Horse-7-Staple"


def join(local: LocalPool, username: str = "alice") -> None:
    """Sign somebody up and confirm them."""
    pool = local.client()
    pool.sign_up(username, PASSWORD, {"email": f"{username}@example.com"})
    pool.confirm_sign_up(username, local.inbox.latest(username).code)


def test_a_local_pool_signs_people_in_for_real() -> None:
    with LocalPool() as local:
        join(local)

        step = local.client().sign_in("alice", PASSWORD)

        assert isinstance(step, SignedIn)
        assert step.user.attributes()["email"] == "alice@example.com"


def test_two_local_pools_know_nothing_of_each_other() -> None:
    with LocalPool() as one, LocalPool() as other:
        join(one)

        assert other.inbox.messages() == []
        assert one.user_pool_id != other.user_pool_id
        with pytest.raises(UserPoolError, match="Incorrect username or password"):
            other.client().sign_in("alice", PASSWORD)


def test_a_local_pool_is_what_it_is_asked_to_be() -> None:
    wanted = CreateUserPoolRequest(pool_name="mail", username_attributes=["email"])
    client = CreateUserPoolClientRequest(user_pool_id="", client_name="web", generate_secret=True)

    with LocalPool(pool=wanted, app_client=client, region="eu-central-1") as local:
        result = local.client().sign_up("alice@example.com", PASSWORD)

        assert local.user_pool_id.startswith("eu-central-1_")
        assert local.client_secret
        request = AdminGetUserRequest(user_pool_id=local.user_pool_id, username="alice@example.com")
        assert local.call(AdminGetUser, request).username == result.sub


def test_the_same_request_can_make_several_pools() -> None:
    client = CreateUserPoolClientRequest(user_pool_id="", client_name="web")

    with LocalPool(app_client=client) as one, LocalPool(app_client=client) as other:
        assert one.client_id != other.client_id
    assert client.user_pool_id == ""


def test_its_clock_can_be_moved() -> None:
    with LocalPool(effects=FixedEffects(now=1_800_000_000)) as local:
        join(local)
        step = local.client().sign_in("alice", PASSWORD)
        assert isinstance(step, SignedIn)

        local.advance(days=31)

        with pytest.raises(UserPoolError, match="Refresh Token has expired"):
            step.user.attributes()


def test_a_client_over_the_network_follows_its_clock() -> None:
    with LocalPool() as local:
        join(local)
        local.advance(days=400)
        with UserPool(local.user_pool_id, local.client_id, endpoint=local.endpoint) as pool:
            step = pool.sign_in("alice", PASSWORD)

            assert isinstance(step, SignedIn)
            assert step.user.attributes()["email"] == "alice@example.com"


def test_any_other_program_can_use_it_at_its_endpoint() -> None:
    with LocalPool() as local:
        document = f"{local.endpoint}/{local.user_pool_id}/.well-known/jwks.json"
        with urllib.request.urlopen(document) as reply:  # noqa: S310  # An address of our own.
            keys = json.load(reply)["keys"]

        assert len(keys) == 2
        assert local.endpoint == local.endpoint


def test_an_operation_that_is_not_built_says_so() -> None:
    with LocalPool() as local:
        request = CreateGroupRequest(group_name="staff", user_pool_id=local.user_pool_id)

        with pytest.raises(UnsupportedOperationException, match=r"CreateGroup is not built yet in userpool"):
            local.call(CreateGroup, request)


def test_a_local_pool_s_tokens_are_verified_without_a_port() -> None:
    with LocalPool() as local:
        join(local)
        user = local.client().sign_in("alice", PASSWORD).user  # type: ignore[union-attr]  # No challenge is set up.

        assert local.verifier().verify(user.tokens.access_token).username == "alice"
        assert local.verifier(token_use="id").verify(user.tokens.id_token or "").username == "alice"
        local.advance(minutes=61)
        with pytest.raises(ExpiredTokenError):
            local.verifier().verify(user.tokens.access_token)


def test_a_local_pool_s_people_have_identities() -> None:
    with LocalPool() as local:
        join(local)
        user = local.client().sign_in("alice", PASSWORD).user  # type: ignore[union-attr]  # No challenge is set up.
        identity_pool = local.identity_pool()

        hers, guests = identity_pool.credentials(user), identity_pool.credentials()

        assert hers.identity_id != guests.identity_id
        assert identity_pool.credentials(user) is hers
        local.advance(minutes=56)
        assert identity_pool.credentials(user).access_key_id != hers.access_key_id


@pytest.mark.anyio
async def test_a_local_pool_s_tokens_and_people_are_there_for_asyncio_too() -> None:
    with LocalPool() as local:
        join(local)
        step = await local.async_client().sign_in("alice", PASSWORD)
        assert isinstance(step, SignedIn)
        identity_pool = local.async_identity_pool(guests=False)

        claims = await local.async_verifier(token_use="id").verify(step.user.tokens.id_token or "")
        credentials = await identity_pool.credentials(step.user)

        assert claims.username == "alice"
        assert credentials.identity_id == await identity_pool.identity_id(step.user)
        with pytest.raises(NotAuthorizedException, match="Unauthenticated access"):
            await identity_pool.credentials()
        local.advance(minutes=61)
        with pytest.raises(ExpiredTokenError):
            await local.async_verifier().verify(step.user.tokens.access_token)


def test_a_pool_that_is_not_open_says_so() -> None:
    local = LocalPool()

    with pytest.raises(UserPoolError, match="isn't open"):
        _ = local.endpoint
    for make in (local.client, local.async_client, local.verifier, local.async_verifier, local.identity_pool):
        with pytest.raises(UserPoolError, match="isn't open"):
            make()


def test_without_what_the_pool_needs_it_is_told_what_to_install() -> None:
    program = "import sys; sys.modules['sqlalchemy'] = None; import userpool.testing"

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ended.stderr.endswith(
        "sqlalchemy is missing; install the pool with: pip install 'userpool[server]'\n"
    )


def test_an_empty_inbox_says_so() -> None:
    with LocalPool() as local, pytest.raises(LookupError, match="No message was sent to alice"):
        local.inbox.latest("alice")


def test_many_threads_share_a_pool() -> None:
    with LocalPool() as local:
        join(local)
        pool = local.client()

        with ThreadPoolExecutor(8) as threads:
            steps = list(threads.map(lambda _: pool.sign_in("alice", PASSWORD), range(8)))

        assert all(isinstance(step, SignedIn) for step in steps)


@pytest.mark.anyio
async def test_a_task_that_is_cancelled_leaves_the_pool_usable() -> None:
    with LocalPool() as local:
        join(local)
        pool = local.async_client()
        task = asyncio.create_task(pool.sign_in("alice", PASSWORD))
        await asyncio.sleep(0)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task

        assert isinstance(await pool.sign_in("alice", PASSWORD), SignedIn)


def test_the_scripted_transport_is_there_too() -> None:
    assert ScriptedTransport.__module__ == "userpool.transport.scripted"


def test_functions_are_the_triggers_of_a_local_pool() -> None:
    def admit(event: dict[str, Any]) -> dict[str, Any]:
        event["response"] |= {"autoConfirmUser": True, "autoVerifyEmail": True}
        return event

    async def badge(event: dict[str, Any]) -> dict[str, Any]:
        details = {"accessTokenGeneration": {"claimsToAddOrOverride": {"team": "a"}}}
        event["response"]["claimsAndScopeOverrideDetails"] = details
        return event

    with LocalPool(triggers={"PreSignUp": admit, "PreTokenGenerationV2": badge}) as local:
        local.client().sign_up("alice", PASSWORD, {"email": "alice@example.com"})
        step = local.client().sign_in("alice", PASSWORD)

        assert isinstance(step, SignedIn)
        assert unverified_claims(step.user.tokens.access_token)["team"] == "a"


def test_a_function_serves_another_pool_whatever_the_version_of_its_event() -> None:
    def badge(event: dict[str, Any]) -> dict[str, Any]:
        details = {"accessTokenGeneration": {"claimsToAddOrOverride": {"team": "b"}}}
        event["response"]["claimsAndScopeOverrideDetails"] = details
        return event

    with LocalPool(triggers={"PreTokenGenerationV2": badge}) as local:
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:badges"
        config = PreTokenGenerationVersionConfigTypeInput(lambda_version="V2_0", lambda_arn=arn)
        wanted = CreateUserPoolRequest(
            pool_name="another", lambda_config=LambdaConfigTypeInput(pre_token_generation_config=config)
        )
        made = local.call(CreateUserPool, wanted).user_pool
        assert made is not None
        local.user_pool_id = made.id or ""
        request = CreateUserPoolClientRequest(user_pool_id=local.user_pool_id, client_name="web")
        client = local.call(CreateUserPoolClient, request).user_pool_client
        assert client is not None
        local.client_id = client.client_id or ""
        local.client().sign_up("alice", PASSWORD)
        confirm = AdminConfirmSignUpRequest(user_pool_id=local.user_pool_id, username="alice")
        local.call(AdminConfirmSignUp, confirm)

        step = local.client().sign_in("alice", PASSWORD)

    assert isinstance(step, SignedIn)
    assert unverified_claims(step.user.tokens.access_token)["team"] == "b"


def test_a_function_may_call_the_pool_that_it_serves() -> None:
    counted: list[int] = []

    def count(event: dict[str, Any]) -> dict[str, Any]:
        request = ListUsersRequest(user_pool_id=event["userPoolId"])
        counted.append(len(local.call(ListUsers, request).users or []))
        return event

    with LocalPool(triggers={"PreSignUp": count}) as local:
        join(local)
        join(local, "bob")

    assert counted == [0, 1]


def test_a_trigger_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UserPoolError, match="no trigger called 'presignup'"):
        LocalPool(triggers={"presignup": lambda event: event})


def test_a_local_pool_has_the_second_factors_it_is_asked_for() -> None:
    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )

    with LocalPool(mfa=mfa) as local:
        request = GetUserPoolMfaConfigRequest(user_pool_id=local.user_pool_id)
        reply = local.call(GetUserPoolMfaConfig, request)

    assert reply.mfa_configuration == "OPTIONAL"
    assert mfa.user_pool_id == ""


def test_every_code_of_a_local_pool_may_be_the_same() -> None:
    with LocalPool(fixed_code="123456") as local:
        pool = local.client()
        pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"})

        pool.confirm_sign_up("alice", "123456")

        assert local.inbox.latest("alice").code == "123456"
        pool.forgot_password("alice")
        pool.confirm_forgot_password("alice", "123456", f"{PASSWORD}!")
        assert pool.sign_in("alice", f"{PASSWORD}!")


def test_a_code_of_an_authenticator_follows_the_pools_clock() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # That of rfc6238, appendix B.

    with LocalPool(effects=FixedEffects(now=59)) as local:
        first = local.totp_code(secret)
        local.advance(seconds=1111111109 - 59)
        later = local.totp_code(secret)

    assert (first, later) == ("287082", "081804")
