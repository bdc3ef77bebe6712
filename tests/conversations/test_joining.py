"""Joining: what a pool's triggers are told, and whose an address is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from userpool import AliasExistsException, CodeMismatchException, SignedIn, UserLambdaValidationException
from userpool.testing import LocalPool
from userpool.wire.user_pools import CreateUserPoolRequest

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"
EMAIL = "alice@example.com"


@pytest.fixture
def opened(database_url, tmp_path, monkeypatch):
    """Give a function that opens a pool for a `with` statement."""
    monkeypatch.chdir(tmp_path)

    @contextmanager
    def opening(**options: Any) -> Iterator[LocalPool]:
        with LocalPool(database_url=database_url, **options) as local:
            yield local

    return opening


async def test_a_trigger_is_told_what_travels_along_and_its_words_come_back(opened):
    asked = []

    def no_robots(event: Any) -> Any:
        asked.append(event["request"])
        if event["request"]["validationData"]["captcha"] != "4":
            raise ValueError("No robots, please")
        return event

    with opened(triggers={"PreSignUp": no_robots}) as local:
        pool = local.async_client()
        with pytest.raises(UserLambdaValidationException) as refusal:
            await pool.sign_up("alice", PASSWORD, {"email": EMAIL}, validation_data={"captcha": "5"})
        joined = await pool.sign_up(
            "alice",
            PASSWORD,
            {"email": EMAIL},
            validation_data={"captcha": "4"},
            client_metadata={"page": "welcome"},
        )

    assert (refusal.value.trigger, refusal.value.trigger_message) == ("PreSignUp", "No robots, please")
    assert joined.delivery.destination == "a***@e***"
    assert asked[1]["clientMetadata"] == {"page": "welcome"}


async def test_an_address_that_signs_somebody_else_in_is_taken_over_only_on_purpose(opened):
    request = CreateUserPoolRequest(
        pool_name="local", auto_verified_attributes=["email"], alias_attributes=["email"]
    )
    with opened(pool=request) as local:
        pool = local.async_client()
        await pool.sign_up("alice", PASSWORD, {"email": EMAIL})
        await pool.confirm_sign_up("alice", local.inbox.latest("alice").code)
        await pool.sign_up("bob", PASSWORD, {"email": EMAIL})
        code = local.inbox.latest("bob").code

        with pytest.raises(AliasExistsException):
            await pool.confirm_sign_up("bob", code)
        await pool.confirm_sign_up("bob", code, force_alias_creation=True)

        step = await pool.sign_in(EMAIL, PASSWORD)
        assert isinstance(step, SignedIn)
        assert step.user.username == "bob"


async def test_a_code_that_is_sent_again_replaces_the_one_before(opened):
    with opened() as local:
        pool = local.async_client()
        await pool.sign_up("alice", PASSWORD, {"email": EMAIL})
        first = local.inbox.latest("alice").code

        delivery = await pool.resend_confirmation_code("alice")
        second = local.inbox.latest("alice").code

        assert delivery.attribute == "email"
        if first != second:
            with pytest.raises(CodeMismatchException):
                await pool.confirm_sign_up("alice", first)
        await pool.confirm_sign_up("alice", second)
