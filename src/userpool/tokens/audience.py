"""Whom a token is for: an ID token for the client in ``aud``, an access token for the one in ``client_id``.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt (steps 3 and 4), rfc7519 §4.1.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from userpool.errors import WrongAudienceError, WrongUseError
from userpool.tokens.verified import Facts

__all__ = ["Audience", "check_audience"]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of token that is taken; None stands for any use, or for any client of the pool."""

    USES: ClassVar[tuple[str, ...]] = ("access", "id")

    token_use: str | None
    client_ids: frozenset[str] | None


def check_audience(facts: Facts, audiences: Sequence[Audience]) -> None:
    """Check that one of these kinds fits a token.

    Raises:
        WrongUseError: it is neither an access nor an ID token, or of the two the other one.
        WrongAudienceError: it was made for another client, or for several, or does not say for which.
    """
    use = facts.token_use
    client = facts.client_id if use == "access" else facts.aud if use == "id" else None
    if isinstance(client, str):
        for audience in audiences:
            wanted, clients = audience.token_use, audience.client_ids
            if (wanted is None or wanted == use) and (clients is None or client in clients):
                return
    raise _refusal(facts, audiences)


def _refusal(facts: Facts, audiences: Sequence[Audience]) -> WrongUseError | WrongAudienceError:
    use = facts.token_use
    uses = {audience.token_use for audience in audiences}
    if use not in Audience.USES or uses.isdisjoint({None, use}):
        expected = Audience.USES if None in uses else sorted(filter(None, uses))
        return WrongUseError("token_use", actual=use, expected=" or ".join(expected))
    claim = "client_id" if use == "access" else "aud"
    found: object = facts.client_id if use == "access" else facts.aud
    clients = {
        client
        for audience in audiences
        if audience.token_use in {None, use}
        for client in audience.client_ids or ()
    }
    expected_client = " or ".join(sorted(clients)) or "the id of one client"
    return WrongAudienceError(claim, actual=found, expected=expected_client)
