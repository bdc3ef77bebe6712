"""LambdaConfig: which triggers can't be had like this."""

from __future__ import annotations

import pytest

from userpool.server.rules.lambda_settings import check_lambda_config
from userpool.wire.faults import FeatureUnavailableInTierException, InvalidParameterException
from userpool.wire.user_pools import (
    CustomEmailLambdaVersionConfigType,
    CustomSMSLambdaVersionConfigType,
    LambdaConfigType,
    PreTokenGenerationVersionConfigType,
)

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
KEY = "arn:aws:kms:us-east-1:000000000000:key/k"
MAIL = CustomEmailLambdaVersionConfigType(lambda_version="V1_0", lambda_arn=ARN)
TEXT = CustomSMSLambdaVersionConfigType(lambda_version="V1_0", lambda_arn=ARN)


def versioned(version: str, arn: str = ARN) -> PreTokenGenerationVersionConfigType:
    return PreTokenGenerationVersionConfigType(lambda_version=version, lambda_arn=arn)


@pytest.mark.parametrize(
    "config",
    [
        None,
        LambdaConfigType(),
        LambdaConfigType(pre_sign_up=ARN, pre_token_generation=ARN),
        LambdaConfigType(custom_email_sender=MAIL, custom_sms_sender=TEXT, kms_key_id=KEY),
        LambdaConfigType(pre_token_generation=ARN, pre_token_generation_config=versioned("V1_0")),
    ],
)
def test_these_can_be_had(config: LambdaConfigType | None) -> None:
    check_lambda_config(config, tier="LITE")


@pytest.mark.parametrize(
    "config", [LambdaConfigType(custom_email_sender=MAIL), LambdaConfigType(custom_sms_sender=TEXT)]
)
def test_a_custom_sender_needs_a_key(config: LambdaConfigType) -> None:
    with pytest.raises(InvalidParameterException, match="KMSKeyID"):
        check_lambda_config(config)


def test_two_functions_for_tokens_contradict_one_another() -> None:
    config = LambdaConfigType(
        pre_token_generation=ARN, pre_token_generation_config=versioned("V1_0", f"{ARN}2")
    )

    with pytest.raises(InvalidParameterException, match="have to be the same"):
        check_lambda_config(config)


@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_later_versions_of_the_token_event_belong_to_higher_plans(version: str) -> None:
    config = LambdaConfigType(pre_token_generation_config=versioned(version))

    check_lambda_config(config, tier="ESSENTIALS")
    with pytest.raises(FeatureUnavailableInTierException):
        check_lambda_config(config, tier="LITE")
