"""Joining."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.errors import SettingsError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.sign_up import confirm_sign_up, resend_confirmation_code, sign_up
from userpool.results import CodeDelivery
from userpool.user_context import UserContext
from userpool.wire.shapes import CodeDeliveryDetailsType
from userpool.wire.sign_up import (
    ConfirmSignUpResponse,
    ResendConfirmationCodeResponse,
    SignUpResponse,
)

Play = Callable[..., tuple[Any, list[Any]]]
EXTRAS = Extras({"from": "a test"}, UserContext(ip_address="203.0.113.7"))
SENT = CodeDeliveryDetailsType(destination="a***@e***", delivery_medium="EMAIL", attribute_name="email")


def test_sign_up_tells_where_the_code_went(app: AppClient, play: Play) -> None:
    flow = sign_up(
        app, "alice", password="pw", attributes={"email": "a@e"}, validation_data={}, extras=Extras()
    )
    response = SignUpResponse(user_confirmed=False, user_sub="1-2", code_delivery_details=SENT)

    result, [request] = play(flow, response)

    assert (result.username, result.sub, result.confirmed) == ("alice", "1-2", False)
    assert result.delivery == CodeDelivery(destination="a***@e***", medium="EMAIL", attribute="email")
    assert [(each.name, each.value) for each in request.user_attributes] == [("email", "a@e")]
    assert request.validation_data is None


def test_attributes_in_the_form_of_another_library_are_refused(app: AppClient, play: Play) -> None:
    listed: Any = [{"Name": "email", "Value": "a@e"}]

    with pytest.raises(SettingsError, match="are a mapping"):
        play(sign_up(app, "alice", password="pw", attributes=listed, validation_data={}, extras=Extras()))


def test_sign_up_keeps_the_session_and_does_not_show_it(app: AppClient, play: Play) -> None:
    flow = sign_up(app, "alice", password=None, attributes={}, validation_data={"a": "b"}, extras=Extras())
    response = SignUpResponse(user_confirmed=True, user_sub="1-2", session="the session")

    result, [request] = play(flow, response)

    assert result.session == "the session"
    assert "the session" not in repr(result)
    assert request.password is None
    assert [(each.name, each.value) for each in request.validation_data] == [("a", "b")]


def test_every_request_carries_hash_metadata_and_context(
    secret_app: AppClient, play: Play, hash_for: Callable[[str], str]
) -> None:
    flows = [
        sign_up(secret_app, "alice", password="pw", attributes={}, validation_data={}, extras=EXTRAS),
        confirm_sign_up(
            secret_app, "alice", code="1", force_alias_creation=False, session=None, extras=EXTRAS
        ),
        resend_confirmation_code(secret_app, "alice", extras=EXTRAS),
    ]
    responses = [
        SignUpResponse(user_confirmed=False, user_sub="1-2"),
        ConfirmSignUpResponse(),
        ResendConfirmationCodeResponse(),
    ]

    requests = [play(flow, response)[1][0] for flow, response in zip(flows, responses, strict=True)]

    for request in requests:
        assert request.secret_hash == hash_for("alice")
        assert request.client_metadata == {"from": "a test"}
        assert request.user_context_data.ip_address == "203.0.113.7"


def test_a_confirmation_hands_on_the_session_for_signing_in(app: AppClient, play: Play) -> None:
    flow = confirm_sign_up(
        app, "alice", code="123456", force_alias_creation=True, session="first", extras=Extras()
    )

    result, [request] = play(flow, ConfirmSignUpResponse(session="second"))

    assert (request.confirmation_code, request.force_alias_creation, request.session) == (
        "123456",
        True,
        "first",
    )
    assert result.session == "second"
    assert "second" not in repr(result)


def test_a_service_that_sent_no_code_says_so(app: AppClient, play: Play) -> None:
    result, _ = play(
        resend_confirmation_code(app, "alice", extras=Extras()), ResendConfirmationCodeResponse()
    )

    assert result is None
