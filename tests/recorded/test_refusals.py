"""What the SDK makes of AWS's refusals: the service's name for it, its words as they are, and where to look it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool import (
    CodeMismatchException,
    NotAuthorizedException,
    ServiceException,
    UsernameExistsException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

NOBODY = "Username/client id combination not found."
OTHER_CODE = "Invalid verification code provided, please try again."
# file: the verb that is refused, the exception, and its words.
REFUSALS: dict[str, tuple[Callable[[Any], Any], type[ServiceException], str]] = {
    "username_exists": (
        lambda pool: pool.sign_up("ann", "pw"),
        UsernameExistsException,
        "User already exists",
    ),
    "unknown_user_sign_in": (
        lambda pool: pool.sign_in("nobody", "pw"),
        UserNotFoundException,
        "User does not exist.",
    ),
    "unknown_user_forgot_password": (
        lambda pool: pool.forgot_password("nobody"),
        UserNotFoundException,
        NOBODY,
    ),
    "unknown_user_resend": (
        lambda pool: pool.resend_confirmation_code("nobody"),
        UserNotFoundException,
        NOBODY,
    ),
    "unknown_user_confirm": (
        lambda pool: pool.confirm_sign_up("nobody", "123456"),
        UserNotFoundException,
        NOBODY,
    ),
    "wrong_code_sign_up": (
        lambda pool: pool.confirm_sign_up("ann", "123456"),
        CodeMismatchException,
        OTHER_CODE,
    ),
    "wrong_code_forgot_password": (
        lambda pool: pool.confirm_forgot_password("ann", "123456", new_password="pw"),
        CodeMismatchException,
        OTHER_CODE,
    ),
    "wrong_password": (
        lambda pool: pool.sign_in("ann", "pw"),
        NotAuthorizedException,
        "Incorrect username or password.",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_raised_by_its_name_with_its_words(play: Any, now: Any, name: str) -> None:
    verb, kind, words = REFUSALS[name]
    pool, asked = play(name)

    with pytest.raises(kind) as refused:
        await now(verb(pool))

    fault = refused.value
    assert (fault.code, fault.message, fault.status) == (kind.__name__, words, 400)
    assert fault.request_id == "55ae2950-7f5e-4a0e-8d3c-0c2b6f1d9a77"
    assert fault.operation == asked[-1].operation
    assert not fault.retryable
    assert pool.current_user() is None
