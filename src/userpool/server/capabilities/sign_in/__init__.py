"""Sign-in: one state machine, turned by every door.

Operations: InitiateAuth, RespondToAuthChallenge, AdminInitiateAuth, AdminRespondToAuthChallenge.
"""

from userpool.server.capabilities.sign_in.operations import (
    admin_initiate_auth,
    admin_respond_to_auth_challenge,
    initiate_auth,
    respond_to_auth_challenge,
)

__all__ = [
    "admin_initiate_auth",
    "admin_respond_to_auth_challenge",
    "initiate_auth",
    "respond_to_auth_challenge",
]
