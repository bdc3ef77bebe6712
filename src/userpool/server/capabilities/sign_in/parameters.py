"""What a client sent to a door, and the maps in it whose keys depend on the flow: AuthParameters, ChallengeResponses.

Sources: api:InitiateAuth, api:RespondToAuthChallenge;
guide:cognito-user-identity-pools-working-with-aws-lambda-triggers (which triggers ClientMetadata reaches).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.crypto.srp import SrpError, check_client_public, parse_hex
from userpool.server.finding import check_secret_hash
from userpool.server.unbuilt import not_built
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.server.context import Context
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Client, Pool

STEP_UP = ("TARGET_ACR_VALUES", "ACCESS_TOKEN")
"""AuthParameters that ask for proof of a certain level."""


class Asked(NamedTuple):
    """What a client sent, whichever of the four doors it came to."""

    pool: Pool
    client: Client
    parameters: Mapping[str, str]
    session: str | None = None
    validation_data: Mapping[str, str] | None = None
    """ClientMetadata of a beginning: for PreAuthentication and UserMigration alone."""
    client_metadata: Mapping[str, str] | None = None
    """ClientMetadata of an answer: for all other triggers."""

    def __repr__(self) -> str:
        return "Asked(***)"


def needed(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter that the flow can't do without.

    Raises:
        InvalidParameterException: it is missing or empty.
    """
    value = parameters.get(name)
    if not value:
        raise InvalidParameterException(f"Missing required parameter {name}")
    return value


def check_built(parameters: Mapping[str, str]) -> None:
    """Refuse a sign-in that asks for more proof than this release asks for, instead of letting in with less.

    Raises:
        UnsupportedOperationException: it does.
    """
    for name in STEP_UP:
        if parameters.get(name):
            raise not_built(f"Step-up authentication ({name})")


def check_hash(
    context: Context, client: Client, parameters: Mapping[str, str], *, names: Iterable[str]
) -> None:
    """Check the SECRET_HASH of a flow's parameters against the names it may be made of."""
    check_secret_hash(context, client, names, given=parameters.get("SECRET_HASH"))


def check_name(context: Context, asked: Asked, pending: Pending) -> None:
    """Check that an answer comes in the name of whoever the Session is for, with the hash of that name.

    Raises:
        NotAuthorizedException: it doesn't.
    """
    name = needed(asked.parameters, "USERNAME")
    check_hash(context, asked.client, asked.parameters, names=[name])
    if name not in {pending.username, pending.typed_name, pending.sub}:
        raise NotAuthorizedException("Invalid session for the user.")


def client_public(parameters: Mapping[str, str]) -> int:
    """Return SRP_A.

    Raises:
        NotAuthorizedException: it is no number, or one that makes any password right.
    """
    try:
        number = parse_hex(needed(parameters, "SRP_A"), what="SRP_A")
        check_client_public(number)
    except SrpError as error:
        # Assumed: the text; the service refuses such values.
        raise NotAuthorizedException("Incorrect username or password.") from error
    return number
