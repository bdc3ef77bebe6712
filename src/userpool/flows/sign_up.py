"""Joining: sign up, confirm, have the code sent again.

Operations: SignUp, ConfirmSignUp, ResendConfirmationCode.

Sources: api:SignUp, api:ConfirmSignUp, api:ResendConfirmationCode.
"""

from __future__ import annotations

from collections.abc import Mapping

from userpool.conversation import Flow, ask
from userpool.errors import SettingsError
from userpool.flows.app_client import AppClient, Extras
from userpool.results import CodeDelivery, SignUpConfirmation, SignUpResult
from userpool.wire.shapes import AttributeTypeInput, CodeDeliveryDetailsType
from userpool.wire.sign_up import (
    ConfirmSignUp,
    ConfirmSignUpRequest,
    ResendConfirmationCode,
    ResendConfirmationCodeRequest,
    SignUp,
    SignUpRequest,
)

__all__ = ["attribute_list", "confirm_sign_up", "delivery_of", "resend_confirmation_code", "sign_up"]


def sign_up(
    app: AppClient,
    username: str,
    *,
    password: str | None,
    attributes: Mapping[str, str],
    validation_data: Mapping[str, str],
    extras: Extras,
) -> Flow[SignUpResult]:
    """Create a person. ``password`` may be missing only where the pool lets people in by one-time codes."""
    request = SignUpRequest(
        client_id=app.client_id,
        username=username,
        secret_hash=app.secret_hash(username),
        password=password,
        user_attributes=attribute_list(attributes) or None,
        validation_data=attribute_list(validation_data) or None,
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    response = yield from ask(SignUp, request)
    return SignUpResult(
        username=username,
        sub=response.user_sub,
        confirmed=response.user_confirmed,
        delivery=delivery_of(response.code_delivery_details),
        session=response.session,
    )


def confirm_sign_up(
    app: AppClient,
    username: str,
    *,
    code: str,
    force_alias_creation: bool,
    session: str | None,
    extras: Extras,
) -> Flow[SignUpConfirmation]:
    """Confirm a person by the code they were sent; see `AsyncUserPool.confirm_sign_up` for the rest."""
    request = ConfirmSignUpRequest(
        client_id=app.client_id,
        username=username,
        confirmation_code=code,
        secret_hash=app.secret_hash(username),
        force_alias_creation=force_alias_creation or None,
        user_context_data=extras.context,
        client_metadata=extras.metadata,
        session=session,
    )
    response = yield from ask(ConfirmSignUp, request)
    return SignUpConfirmation(session=response.session)


def resend_confirmation_code(app: AppClient, username: str, *, extras: Extras) -> Flow[CodeDelivery | None]:
    """Have a new confirmation code sent; the one before stops working."""
    request = ResendConfirmationCodeRequest(
        client_id=app.client_id,
        username=username,
        secret_hash=app.secret_hash(username),
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    response = yield from ask(ResendConfirmationCode, request)
    return delivery_of(response.code_delivery_details)


def attribute_list(attributes: Mapping[str, str]) -> list[AttributeTypeInput]:
    """Return attributes as the wire wants them.

    Raises:
        SettingsError: they are no mapping, but a list, say, as other libraries take it.
    """
    if not isinstance(attributes, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise SettingsError('Attributes are a mapping: {"email": "ann@example.com"}.')
    return [AttributeTypeInput(name=name, value=value) for name, value in attributes.items()]


def delivery_of(details: CodeDeliveryDetailsType | None) -> CodeDelivery | None:
    """Return what the service told about a code it sent, or None if it sent none."""
    if details is None:
        return None
    return CodeDelivery(
        destination=details.destination, medium=details.delivery_medium, attribute=details.attribute_name
    )
