"""LambdaConfig for functions that are known by the name of their trigger, as a local pool's are.

Each gets an ARN of the service's form, so that what describes the pool names it as it would name any function.

Sources: api:LambdaConfigType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from userpool.errors import SettingsError
from userpool.server.triggers.configured import FIELDS
from userpool.wire.user_pools import (
    CustomEmailLambdaVersionConfigTypeInput,
    CustomSMSLambdaVersionConfigTypeInput,
    LambdaConfigTypeInput,
    PreTokenGenerationVersionConfigTypeInput,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSIONS = {"PreTokenGenerationV2": "V2_0", "PreTokenGenerationV3": "V3_0"}
"""Names for PreTokenGeneration with a later version of its event."""


def function_arn(name: str, *, region: str, account_id: str) -> str:
    """Return the ARN of the function for a trigger; a name that is an ARN already stays."""
    return name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{account_id}:function:{name}"


def lambda_config_for(
    names: Iterable[str], given: LambdaConfigTypeInput | None, *, region: str, account_id: str
) -> LambdaConfigTypeInput:
    """Return a LambdaConfig that names a function for each trigger.

    Args:
        names: of triggers, or ARNs, which are left to the config that is given.
        given: what there is already; its members stay.
        region: for the ARNs.
        account_id: for the ARNs.

    Raises:
        SettingsError: there is no trigger of such a name.
    """
    config = given or LambdaConfigTypeInput()
    members: dict[str, Any] = {}
    for name in names:
        arn = function_arn(name, region=region, account_id=account_id)
        if name in VERSIONS:
            members["pre_token_generation_config"] = PreTokenGenerationVersionConfigTypeInput(
                lambda_version=VERSIONS[name],  # type: ignore[arg-type]  # One of the enum's words.
                lambda_arn=arn,
            )
        elif name == "CustomEmailSender":
            members["custom_email_sender"] = CustomEmailLambdaVersionConfigTypeInput(
                lambda_version="V1_0", lambda_arn=arn
            )
        elif name == "CustomSMSSender":
            members["custom_sms_sender"] = CustomSMSLambdaVersionConfigTypeInput(
                lambda_version="V1_0", lambda_arn=arn
            )
        elif name in FIELDS:
            members[FIELDS[name]] = arn
        elif not name.startswith("arn:"):
            known = ", ".join(sorted([*FIELDS, *VERSIONS]))
            raise SettingsError(f"There is no trigger called {name!r}. There are {known}.")
    if "custom_email_sender" in members or "custom_sms_sender" in members:
        # Custom senders need one. There is no KMS here: docs/triggers.md tells how codes reach them.
        members["kms_key_id"] = f"arn:aws:kms:{region}:{account_id}:key/custom-sender"
    is_free = {name: value for name, value in members.items() if getattr(config, name) is None}
    return replace(config, **is_free)
