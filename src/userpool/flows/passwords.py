"""Passwords: forgotten and changed ones.

Operations: ForgotPassword, ConfirmForgotPassword, ChangePassword.

Sources: api:ForgotPassword, api:ConfirmForgotPassword, api:ChangePassword.
"""

from __future__ import annotations

from userpool.conversation import Flow, ask
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.sign_up import delivery_of
from userpool.results import CodeDelivery
from userpool.wire.passwords import (
    ChangePassword,
    ChangePasswordRequest,
    ConfirmForgotPassword,
    ConfirmForgotPasswordRequest,
    ForgotPassword,
    ForgotPasswordRequest,
)

__all__ = ["change_password", "confirm_forgot_password", "forgot_password"]


def forgot_password(app: AppClient, username: str, *, extras: Extras) -> Flow[CodeDelivery | None]:
    """Have a code sent with which a new password can be set."""
    request = ForgotPasswordRequest(
        client_id=app.client_id,
        username=username,
        secret_hash=app.secret_hash(username),
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    response = yield from ask(ForgotPassword, request)
    return delivery_of(response.code_delivery_details)


def confirm_forgot_password(
    app: AppClient, username: str, *, code: str, new_password: str, extras: Extras
) -> Flow[None]:
    """Set a new password with the code that was sent."""
    request = ConfirmForgotPasswordRequest(
        client_id=app.client_id,
        username=username,
        confirmation_code=code,
        password=new_password,
        secret_hash=app.secret_hash(username),
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    yield from ask(ConfirmForgotPassword, request)


def change_password(
    access_token: str, *, previous_password: str | None, proposed_password: str
) -> Flow[None]:
    """Change a signed-in person's password; only somebody who has none may leave the old one out."""
    request = ChangePasswordRequest(
        access_token=access_token, previous_password=previous_password, proposed_password=proposed_password
    )
    yield from ask(ChangePassword, request)
