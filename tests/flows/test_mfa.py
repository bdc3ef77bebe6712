"""A signed-in person's second factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.errors import GarbledAnswerError, SettingsError
from userpool.flows import mfa
from userpool.wire.faults import CodeMismatchException, EnableSoftwareTokenMFAException
from userpool.wire.mfa import (
    AssociateSoftwareTokenResponse,
    GetUserAuthFactorsResponse,
    SetUserMFAPreferenceResponse,
    SetUserSettingsResponse,
    VerifySoftwareTokenResponse,
)

Play = Callable[..., tuple[Any, list[Any]]]
NOTHING: dict[str, Any] = {"sms": None, "totp": None, "email": None, "passkey": None}


@pytest.mark.parametrize(
    ("word", "enabled", "preferred"),
    [
        ("enabled", True, None),
        ("preferred", True, True),
        ("not_preferred", True, False),
        ("disabled", False, None),
    ],
)
@pytest.mark.parametrize(
    ("factor", "member"),
    [
        ("sms", "sms_mfa_settings"),
        ("totp", "software_token_mfa_settings"),
        ("email", "email_mfa_settings"),
    ],
)
def test_a_word_is_two_switches(
    play: Play, *, word: str, enabled: bool, preferred: bool | None, factor: str, member: str
) -> None:
    flow = mfa.set_mfa_preference("t", **{**NOTHING, factor: word})

    _, [request] = play(flow, SetUserMFAPreferenceResponse())

    settings = getattr(request, member)
    assert (settings.enabled, settings.preferred_mfa) == (enabled, preferred)


@pytest.mark.parametrize(("word", "enabled"), [("enabled", True), ("disabled", False)])
def test_a_passkey_is_on_or_off(play: Play, *, word: str, enabled: bool) -> None:
    flow = mfa.set_mfa_preference("t", **{**NOTHING, "passkey": word})

    _, [request] = play(flow, SetUserMFAPreferenceResponse())

    assert request.webauthn_mfa_settings.enabled is enabled
    assert request.sms_mfa_settings is None


@pytest.mark.parametrize("settings", [{}, {"totp": "ENABLED"}, {"passkey": "preferred"}])
def test_what_is_no_setting_is_not_sent(play: Play, settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        play(mfa.set_mfa_preference("t", **{**NOTHING, **settings}))


@pytest.mark.parametrize(("on", "media"), [(True, ["SMS"]), (False, [])])
def test_the_old_way_has_a_list_of_one_or_none(play: Play, *, on: bool, media: list[str]) -> None:
    _, [request] = play(mfa.set_user_settings("t", sms_mfa=on), SetUserSettingsResponse())

    assert [option.delivery_medium for option in request.mfa_options] == media


def test_an_app_is_set_up_with_a_session_in_the_middle_of_a_sign_in(play: Play) -> None:
    made, [asked] = play(
        mfa.associate_software_token(session="first"),
        AssociateSoftwareTokenResponse(secret_code="JBSW", session="second"),
    )
    session, [verified] = play(
        mfa.verify_software_token(code="123456", device_name=None, session=made.session),
        VerifySoftwareTokenResponse(status="SUCCESS", session="third"),
    )

    assert (asked.session, asked.access_token, made.secret) == ("first", None, "JBSW")
    assert (verified.session, session) == ("second", "third")
    assert "JBSW" not in repr(made)
    assert "second" not in repr(made)


def test_an_answer_without_a_secret_cannot_be_gone_on_with(play: Play) -> None:
    with pytest.raises(GarbledAnswerError):
        play(mfa.associate_software_token(access_token="t"), AssociateSoftwareTokenResponse())


def test_an_error_in_a_reply_that_looks_like_success_is_one(play: Play) -> None:
    flow = mfa.verify_software_token(code="000000", device_name=None, access_token="t")

    with pytest.raises(EnableSoftwareTokenMFAException) as refusal:
        play(flow, VerifySoftwareTokenResponse(status="ERROR"))

    assert (refusal.value.operation, refusal.value.status) == ("VerifySoftwareToken", 200)
    assert "000000" not in str(refusal.value)


@pytest.mark.parametrize("kind", [EnableSoftwareTokenMFAException, CodeMismatchException])
def test_a_refusal_keeps_the_name_that_the_service_gave_it(play: Play, kind: Any) -> None:
    flow = mfa.verify_software_token(code="000000", device_name="phone", access_token="t")

    with pytest.raises(kind, match="Code mismatch"):
        play(flow, kind("Code mismatch"))


def test_factors_of_the_future_are_let_through(play: Play) -> None:
    response = GetUserAuthFactorsResponse(
        username="alice",
        preferred_mfa_setting="TELEPATHY",
        user_mfa_setting_list=["TELEPATHY"],
        configured_user_auth_factors=["PASSWORD", "GESTURE"],
    )

    factors, _ = play(mfa.auth_factors("t"), response)

    assert (factors.configured, factors.mfa.preferred) == (("PASSWORD", "GESTURE"), "TELEPATHY")
    assert (factors.mfa.sms, factors.mfa.totp, factors.mfa.email) == ("disabled", "disabled", "disabled")


def test_nothing_is_told_of_factors_that_nobody_has(play: Play) -> None:
    factors, _ = play(mfa.auth_factors("t"), GetUserAuthFactorsResponse(username="alice"))

    assert (factors.configured, factors.mfa.enabled) == ((), ())
