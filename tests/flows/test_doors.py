"""The two doors, as they differ on the wire; the flows go through both in their own tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from userpool.flows.app_client import AppClient, Extras
from userpool.flows.doors import Door
from userpool.user_context import UserContext
from userpool.wire.sign_in import (
    AdminInitiateAuthRequest,
    AdminRespondToAuthChallengeRequest,
    InitiateAuthRequest,
    InitiateAuthResponse,
    RespondToAuthChallengeRequest,
)

Play = Callable[..., tuple[Any, list[Any]]]
APP = AppClient("aB1", "the client", None, "us-east-1_aB1")
EXTRAS = Extras({"a": "b"}, UserContext("203.0.113.7", "d"))


def test_each_door_has_its_own_operations(play: Play) -> None:
    said: list[Any] = []
    for admin in (False, True):
        door = Door(APP, EXTRAS, admin)
        for flow in (door.begin("CUSTOM_AUTH", {"USERNAME": "a"}), door.respond("SMS_MFA", {}, session="s")):
            said += play(flow, InitiateAuthResponse())[1]

    assert [type(request) for request in said] == [
        InitiateAuthRequest,
        RespondToAuthChallengeRequest,
        AdminInitiateAuthRequest,
        AdminRespondToAuthChallengeRequest,
    ]
    assert [request.client_metadata for request in said] == [{"a": "b"}] * 4


def test_the_time_comes_with_the_answer(play: Play) -> None:
    (_, now), _ = play(Door(APP, EXTRAS).begin("USER_AUTH", {}, session="s"), InitiateAuthResponse(), now=7.5)

    assert now == 7.5
