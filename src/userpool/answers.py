"""The answer to a challenge: made by a step, taken by `pool.answer`, and good for nothing else.

Sources: api:RespondToAuthChallenge, api:VerifySoftwareToken; webauthn-3 §5.1 (AuthenticationResponseJSON).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec

from userpool.devices import KnownDevice
from userpool.errors import ChallengeError
from userpool.values import Value

__all__ = ["Answer", "SoftwareTokenAnswer", "UnderWay", "credential_text"]


class UnderWay(Value, frozen=True, kw_only=True, omit_defaults=True):
    """What a sign-in carries from one step to the next besides its session; it goes where the step goes.

    It is made by the sign-in and of no use to anybody else.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"srp_secret"})

    login: str = ""
    """The name that was typed; the service may know the person by another."""
    flow: str = ""
    """How the sign-in began, in the service's word for it."""
    preferred_challenge: str | None = None
    """The first factor that was wished for."""
    admin: bool = False
    """Whether it goes through the door for administrators."""
    device: KnownDevice | None = None
    """The device that it names itself as."""
    lost_device: str | None = None
    """The key of a device that the pool has forgotten."""
    device_name: str | None = None
    """What to call a new device."""
    srp_secret: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None
    """The secret number, in hex, of a proof that the service may still ask for."""


class SoftwareTokenAnswer(Value, frozen=True):
    """What is done about an authenticator app in the middle of a sign-in: have it set up, or verify it.

    ``code`` is the first code from the app, and empty where its secret is still to be made.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"code"})

    code: str = ""
    device_name: str | None = None


class Answer(Value, frozen=True, kw_only=True):
    """What is said to a challenge; it holds codes and passwords, and shows only which challenge it answers.

    ``responses`` are in the service's words. ``srp_password`` is a password that proves itself and is not sent;
    ``proof_for`` are the parameters of the challenge that asked for the proof, if it has been asked for already.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset(
        {"client_id", "proof_for", "responses", "session", "software_token", "srp_password", "under_way"}
    )

    client_id: str
    challenge: str
    username: str
    responses: Mapping[str, str]
    session: str | None = None
    srp_password: str | None = None
    proof_for: Mapping[str, str] | None = None
    software_token: SoftwareTokenAnswer | None = None
    under_way: UnderWay = UnderWay()

    def with_response(self, name: str, value: str) -> Answer:
        """Return this answer with one more response."""
        return msgspec.structs.replace(self, responses={**self.responses, name: value})

    def with_password(self, password: str, *, srp: bool) -> Answer:
        """Return this answer with a password: one that proves itself by SRP, or one that is sent."""
        if srp:
            return msgspec.structs.replace(self, srp_password=password)
        return self.with_response("PASSWORD", password)


def credential_text(assertion: str | Mapping[str, object]) -> str:
    """Return the JSON text of what a passkey said in a browser; a text is sent on as it came.

    Raises:
        ChallengeError: it is not an object with an ``id`` and a ``response``.
    """
    import json  # noqa: PLC0415 - few sign-ins come by here

    try:
        # Binary members are base64url in this JSON, so bytes are refused here: msgspec would write plain base64.
        text = assertion if isinstance(assertion, str) else json.dumps(dict(assertion), allow_nan=False)
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        # None of them quotes more of it than the name of a member or of a type.
        raise ChallengeError("This is not the JSON of a passkey's answer.") from error
    # A browser without PublicKeyCredential.toJSON makes an empty object of it.
    missing = [name for name in ("id", "response") if name not in members]
    if missing:
        raise ChallengeError(f"The passkey's answer lacks {' and '.join(missing)}.")
    return text
