"""The answer to a challenge: made by a step, taken by `pool.answer`, and good for nothing else.

Sources: api:RespondToAuthChallenge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from userpool.values import Value

__all__ = ["Answer"]


class Answer(Value, frozen=True, kw_only=True):
    """What is said to a challenge; it holds codes and passwords, and shows only which challenge it answers.

    ``responses`` are in the service's words. ``srp_password`` is a password that proves itself and is not
    sent.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"client_id", "responses", "session", "srp_password"})

    client_id: str
    challenge: str
    username: str
    responses: Mapping[str, str]
    session: str | None = None
    srp_password: str | None = None

    def with_response(self, name: str, value: str) -> Answer:
        """Return this answer with one more response."""
        return msgspec.structs.replace(self, responses={**self.responses, name: value})

    def with_password(self, password: str, *, srp: bool) -> Answer:
        """Return this answer with a password: one that proves itself by SRP, or one that is sent."""
        if srp:
            return msgspec.structs.replace(self, srp_password=password)
        return self.with_response("PASSWORD", password)
