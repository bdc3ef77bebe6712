"""The proof of a password that does not leave the machine.

Operations: RespondToAuthChallenge, with the challenge PASSWORD_VERIFIER.

Sources: api:RespondToAuthChallenge; js-sdk:AuthenticationHelper; rfc5054 §2.6.
"""

from __future__ import annotations

from userpool.answers import Answer
from userpool.conversation import Flow
from userpool.crypto.srp import Ephemeral, SrpIdentity, client_ephemeral
from userpool.errors import ChallengeError
from userpool.flows.attempt import Attempt
from userpool.flows.challenges import PASSWORD_VERIFIER, Outcome
from userpool.flows.devices import settle
from userpool.flows.doors import AuthResponse
from userpool.flows.proofs import proof, required

__all__ = ["go_on_with_proof", "prove_password"]


def go_on_with_proof(
    attempt: Attempt,
    response: AuthResponse,
    *,
    now: float,
    username: str,
    password: str,
    ephemeral: Ephemeral,
) -> Flow[Outcome]:
    """Go on from an answer to SRP_A: prove the password if that is asked for, else take it as it is.

    ``now`` is the time at the service, in epoch seconds, which is part of the proof.

    Raises:
        GarbledAnswerError: something is missing in the challenge.
        SrpError: the service sent numbers that would give the password away.
    """
    if response.challenge_name != PASSWORD_VERIFIER:
        # The triggers of a custom sign-in may ask for something else first, and for the proof afterwards.
        if attempt.under_way.flow == "CUSTOM_AUTH":
            attempt.expect_proof(ephemeral)
        return (yield from settle(attempt, response, username=username))
    parameters = response.challenge_parameters or {}
    # The name in the proof is the pool's own name for the person, whatever alias was typed, and from here on
    # it is also the name that is sent and that the secret hash is made for.
    user_id = parameters.get("USER_ID_FOR_SRP") or required(parameters, "USERNAME")
    answer = Answer(
        client_id=attempt.app.client_id,
        challenge=PASSWORD_VERIFIER,
        username=user_id,
        session=response.session,
        responses=proof(
            parameters,
            identity=SrpIdentity(attempt.app.pool_name, user_id),
            password=password,
            ephemeral=ephemeral,
            now=now,
        ),
    )
    attempt.recognise(user_id)
    answered, _ = yield from attempt.respond(answer)
    return (yield from settle(attempt, answered, username=user_id))


def prove_password(attempt: Attempt, answer: Answer, *, now: float) -> Flow[Outcome]:
    """Answer a PASSWORD_VERIFIER that came at a later step than the SRP_A that it belongs to.

    Raises:
        ChallengeError: the step does not hold what the proof needs. Nothing is sent.
    """
    parameters, secret = answer.proof_for, attempt.under_way.srp_secret
    if parameters is None or answer.srp_password is None or secret is None:
        raise ChallengeError("This step does not hold what a proof of the password needs.")
    attempt.forget_proof()
    user_id = parameters.get("USER_ID_FOR_SRP") or answer.username
    responses = proof(
        parameters,
        identity=SrpIdentity(attempt.app.pool_name, user_id),
        password=answer.srp_password,
        ephemeral=client_ephemeral(bytes.fromhex(secret)),
        now=now,
    )
    said = Answer(
        client_id=answer.client_id,
        challenge=PASSWORD_VERIFIER,
        username=user_id,
        session=answer.session,
        responses=responses,
    )
    answered, _ = yield from attempt.respond(said)
    return (yield from settle(attempt, answered, username=user_id))
