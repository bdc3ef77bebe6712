"""The use cases that the README of amazon-cognito-identity-js numbers, and the tests that play each of them.

The browser's part of some (cookies in a real browser, a telephone's storage) is none of Node's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
README = HERE / "js/node_modules/amazon-cognito-identity-js/README.md"

CASES = {
    1: [
        "joining/a_sign_up_tells_where_the_code_went",
        "joining/validation_data_and_metadata_reach_the_trigger",
    ],
    2: [
        "joining/a_sign_up_is_confirmed_with_the_code",
        "joining/a_taken_address_becomes_the_alias_of_whom_it_is_forced_for",
    ],
    3: ["joining/a_code_that_is_sent_again_replaces_the_first"],
    4: [
        "signing_in/a_password_proves_itself_by_srp",
        "signing_in/validation_data_reach_the_trigger_before_the_proof",
        "identities/whoever_is_signed_in_gets_credentials_that_aws_clients_sign_with",
    ],
    5: ["profile/attributes_are_read"],
    6: ["profile/an_address_is_verified_with_the_code_that_was_asked_for"],
    7: ["profile/attributes_are_deleted"],
    8: ["profile/attributes_are_changed", "profile/a_changed_address_has_to_be_verified"],
    9: ["mfa/mfa_is_enabled_and_disabled_the_older_way"],
    10: ["mfa/mfa_is_enabled_and_disabled_the_older_way"],
    11: ["passwords/a_password_is_changed"],
    12: ["passwords/a_forgotten_password_is_replaced_with_the_code_that_was_sent"],
    13: ["profile/somebody_deletes_themselves"],
    14: [
        "sessions/signing_out_revokes_the_tokens",
        "sessions/signing_out_without_waiting_forgets_here_and_tells_nobody",
    ],
    15: ["sessions/signing_out_everywhere_ends_every_session"],
    16: [
        "sessions/a_session_is_found_again_in_storage",
        "sessions/a_session_whose_tokens_are_old_renews_itself",
        "identities/whoever_is_signed_in_gets_credentials_that_aws_clients_sign_with",
    ],
    17: ["identities/whoever_is_signed_in_gets_credentials_that_aws_clients_sign_with"],
    18: ["devices/devices_are_listed_page_by_page"],
    19: ["devices/the_device_at_hand_is_described"],
    20: [
        "devices/a_device_is_remembered_and_not",
        "devices/a_remembered_device_proves_itself_in_place_of_a_code",
    ],
    21: ["devices/a_device_is_remembered_and_not"],
    22: ["devices/the_device_at_hand_is_forgotten", "devices/another_device_is_forgotten"],
    23: ["signing_in/a_temporary_password_is_replaced"],
    24: ["mfa/mfa_is_enabled_and_disabled_the_older_way", "mfa/a_code_by_sms_is_preferred_and_asked_for"],
    25: [
        "custom_auth/a_question_is_answered_without_any_password",
        "custom_auth/a_question_comes_after_the_password_was_proven",
    ],
    26: ["cookies/a_session_is_found_again_in_cookies_until_the_sign_out"],
    27: [
        "mfa/an_authenticator_that_has_to_be_is_set_up_while_signing_in",
        "mfa/whoever_has_two_factors_and_prefers_none_chooses",
    ],
    28: ["mfa/a_code_by_sms_is_preferred_and_asked_for"],
    29: ["mfa/an_authenticator_is_preferred_and_asked_for"],
    30: [
        "signing_in/a_password_that_is_sent_signs_in",
        "signing_in/whom_the_pool_does_not_know_a_trigger_brings_along",
    ],
    31: [
        "profile/user_data_are_kept_until_asked_for_anew",
        "profile/user_data_that_are_asked_for_anew_renew_the_tokens_too",
    ],
    32: [
        "sessions/a_session_is_renewed",
        "identities/a_renewed_session_gets_credentials_of_the_same_identity",
    ],
}
"""By number: tests, as `joining/...` for `test_...` in test_js_joining.py."""


def test_there_are_32(js: Callable[..., Any]) -> None:
    numbers = re.findall(r"^\*\*Use case (\d+)\b", README.read_text(encoding="utf-8"), re.MULTILINE)

    assert {int(number) for number in numbers} == set(CASES) == set(range(1, 33))


@pytest.mark.parametrize("number", CASES)
def test_each_is_played(number: int) -> None:
    for case in CASES[number]:
        file, name = case.split("/")
        tree = ast.parse((HERE / f"test_js_{file}.py").read_text(encoding="utf-8"))
        tests = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}

        assert f"test_{name}" in tests
