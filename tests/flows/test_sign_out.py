"""Leaving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.errors import NotReachedError, UserPoolError
from userpool.flows.app_client import AppClient
from userpool.flows.sign_out import global_sign_out, revoke
from userpool.token_bundle import Tokens
from userpool.transport.scripted import token_text
from userpool.wire.faults import UnsupportedOperationException
from userpool.wire.tokens import GlobalSignOutResponse, RevokeTokenResponse

Play = Callable[..., tuple[Any, list[Any]]]
REVOCABLE = Tokens(token_text({"origin_jti": "o"}), refresh_token="r")


def test_a_session_is_revoked_with_the_client_secret_in_clear(secret_app: AppClient, play: Play) -> None:
    result, [request] = play(revoke(secret_app, [REVOCABLE]), RevokeTokenResponse())

    assert result.revoked
    assert (request.token, request.client_id) == ("r", "the client")
    assert request.client_secret == "the secret of the client"


@pytest.mark.parametrize(
    "tokens", [Tokens(token_text({"origin_jti": "o"})), Tokens(token_text({"sub": "s"}), refresh_token="r")]
)
def test_what_cannot_be_revoked_is_not_asked_for(app: AppClient, play: Play, tokens: Tokens) -> None:
    result, requests = play(revoke(app, [tokens]))

    assert (result.revoked, result.error) == (False, None)
    assert requests == []


def test_a_token_that_cannot_be_read_is_revoked_all_the_same(app: AppClient, play: Play) -> None:
    result, _ = play(revoke(app, [Tokens("opaque", refresh_token="r")]), RevokeTokenResponse())

    assert result.revoked


@pytest.mark.parametrize("error", [NotReachedError("no cable"), UnsupportedOperationException("off")])
def test_a_failure_is_told_and_not_raised(app: AppClient, play: Play, error: UserPoolError) -> None:
    result, _ = play(revoke(app, [REVOCABLE]), error)

    assert (result.revoked, result.error) == (False, error)


def test_a_global_sign_out_is_asked_for_with_the_access_token(play: Play) -> None:
    _, [request] = play(global_sign_out("t"), GlobalSignOutResponse())

    assert request.access_token == "t"
