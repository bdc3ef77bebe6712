"""LambdaConfig from the names of triggers."""

from __future__ import annotations

import pytest

from userpool.errors import SettingsError
from userpool.server.triggers.configured import FIELDS
from userpool.server.triggers.naming import function_arn, lambda_config_for
from userpool.wire.user_pools import LambdaConfigTypeInput

ARN = "arn:aws:lambda:eu-central-1:123456789012:function"


def config_for(*names: str, given: LambdaConfigTypeInput | None = None) -> LambdaConfigTypeInput:
    return lambda_config_for(names, given, region="eu-central-1", account_id="123456789012")


def test_each_name_has_an_arn() -> None:
    config = config_for("PreSignUp", "VerifyAuthChallengeResponse")

    assert config.pre_sign_up == f"{ARN}:PreSignUp"
    assert config.verify_auth_challenge_response == f"{ARN}:VerifyAuthChallengeResponse"
    assert config.post_confirmation is None


@pytest.mark.parametrize(
    ("name", "version"), [("PreTokenGenerationV2", "V2_0"), ("PreTokenGenerationV3", "V3_0")]
)
def test_later_versions_of_the_token_event_have_names(name: str, version: str) -> None:
    versioned = config_for(name).pre_token_generation_config

    assert versioned is not None
    assert (versioned.lambda_version, versioned.lambda_arn) == (version, f"{ARN}:{name}")


def test_custom_senders_have_a_key() -> None:
    config = config_for("CustomEmailSender", "CustomSMSSender")

    assert config.custom_email_sender is not None
    assert config.custom_sms_sender is not None
    assert config.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/custom-sender"
    assert config_for("PreSignUp").kms_key_id is None


def test_what_is_given_stays() -> None:
    given = LambdaConfigTypeInput(pre_sign_up=f"{ARN}:mine")

    config = config_for("PreSignUp", "PostConfirmation", given=given)

    assert (config.pre_sign_up, config.post_confirmation) == (f"{ARN}:mine", f"{ARN}:PostConfirmation")
    assert given.post_confirmation is None


def test_an_arn_is_left_to_the_config() -> None:
    assert config_for(f"{ARN}:mine") == LambdaConfigTypeInput()
    assert function_arn(f"{ARN}:mine", region="r", account_id="a") == f"{ARN}:mine"


def test_a_name_that_is_no_trigger_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"'PreSignup'.*PreSignUp"):
        config_for("PreSignup")


def test_every_trigger_has_a_name() -> None:
    config = config_for(*FIELDS)

    assert [name for name, field in FIELDS.items() if getattr(config, field) is None] == []
