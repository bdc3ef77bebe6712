"""Forgotten and changed passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from userpool.flows.app_client import AppClient, Extras
from userpool.flows.passwords import change_password, confirm_forgot_password, forgot_password
from userpool.user_context import UserContext
from userpool.wire.passwords import (
    ChangePasswordResponse,
    ConfirmForgotPasswordResponse,
    ForgotPasswordResponse,
)
from userpool.wire.shapes import CodeDeliveryDetailsType

Play = Callable[..., tuple[Any, list[Any]]]
EXTRAS = Extras({"from": "a test"}, UserContext(ip_address="203.0.113.7"))


def test_a_forgotten_password_tells_where_the_code_went(app: AppClient, play: Play) -> None:
    details = CodeDeliveryDetailsType(destination="+*******1234", delivery_medium="SMS")

    delivery, _ = play(
        forgot_password(app, "alice", extras=Extras()), ForgotPasswordResponse(code_delivery_details=details)
    )

    assert (delivery.destination, delivery.medium) == ("+*******1234", "SMS")


def test_both_requests_carry_hash_metadata_and_context(
    secret_app: AppClient, play: Play, hash_for: Callable[[str], str]
) -> None:
    _, [first] = play(forgot_password(secret_app, "alice", extras=EXTRAS), ForgotPasswordResponse())
    _, [second] = play(
        confirm_forgot_password(secret_app, "alice", code="1", new_password="new", extras=EXTRAS),
        ConfirmForgotPasswordResponse(),
    )

    for request in (first, second):
        assert request.secret_hash == hash_for("alice")
        assert request.client_metadata == {"from": "a test"}
        assert request.user_context_data.ip_address == "203.0.113.7"
    assert (second.confirmation_code, second.password) == ("1", "new")


def test_a_password_is_changed_with_the_access_token(play: Play) -> None:
    flow = change_password("the token", previous_password="old", proposed_password="new")

    _, [request] = play(flow, ChangePasswordResponse())

    assert (request.access_token, request.previous_password, request.proposed_password) == (
        "the token",
        "old",
        "new",
    )
