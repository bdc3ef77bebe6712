"""What a LambdaConfig has to look like: which triggers go together, and what each of them needs.

Sources: api:LambdaConfigType, api:PreTokenGenerationVersionConfigType, guide:user-pool-lambda-custom-sender-triggers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.wire.faults import FeatureUnavailableInTierException, InvalidParameterException

if TYPE_CHECKING:
    from userpool.wire.user_pools import LambdaConfigType


def check_lambda_config(config: LambdaConfigType | None, *, tier: str | None = None) -> None:
    """Refuse triggers that can't be had like this.

    Args:
        config: the pool's triggers.
        tier: the pool's feature plan; None doesn't look at it.

    Raises:
        InvalidParameterException: two members contradict one another, or one is missing that another needs.
        FeatureUnavailableInTierException: a version of PreTokenGeneration belongs to a higher plan.
    """
    if config is None:
        return
    if (config.custom_email_sender or config.custom_sms_sender) and not config.kms_key_id:
        # Assumed: the text with which a custom sender without KMSKeyID is refused.
        raise InvalidParameterException("KMSKeyID is required for CustomEmailSender and CustomSMSSender.")
    versioned = config.pre_token_generation_config
    if versioned is None:
        return
    if config.pre_token_generation not in {None, versioned.lambda_arn}:
        # Assumed: the text with which two different functions for PreTokenGeneration are refused.
        raise InvalidParameterException(
            "PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig have to be the same."
        )
    if versioned.lambda_version != "V1_0" and tier == "LITE":
        # Assumed: the text with which a trigger event is refused that the pool's feature plan doesn't have.
        raise FeatureUnavailableInTierException(
            f"The {versioned.lambda_version} event of PreTokenGeneration is not available in the LITE feature plan."
        )
