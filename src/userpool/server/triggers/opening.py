"""Putting together who runs functions: Python in this process first, then endpoints, then Lambda."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from userpool.crypto.sigv4 import Credentials
from userpool.errors import SettingsError
from userpool.server.triggers.callables import CallableRunner, TriggerFunction
from userpool.server.triggers.configured import FIELDS
from userpool.server.triggers.endpoints import Connections, EndpointRunner, EventSigner, LambdaApi
from userpool.server.triggers.runners import Triggers

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.server.settings import Settings
    from userpool.server.triggers.runners import Runner


def open_triggers(
    settings: Settings,
    effects: Effects,
    *,
    functions: Mapping[str, TriggerFunction] | None = None,
    signing_key: bytes | None = None,
) -> Triggers:
    """Return who runs the functions that pools name.

    Args:
        settings: which endpoints there are, and where Lambda is.
        effects: the clock that requests are signed by.
        functions: Python functions in this process, by the ARN of a function or by the name of a trigger.
        signing_key: what events to endpoints are signed with; None doesn't sign them.

    Raises:
        SettingsError: an endpoint is that of no trigger, so it would never be asked.
    """
    unknown = sorted(name for name in settings.triggers if name not in FIELDS and not name.startswith("arn:"))
    if unknown:
        raise SettingsError(
            f"triggers names {unknown[0]!r}, which is neither an ARN nor one of {', '.join(sorted(FIELDS))}."
        )
    connections = Connections()
    signer = EventSigner(signing_key, effects.now) if signing_key is not None else None
    runners: dict[str, Runner] = {
        name: EndpointRunner(connections, url, signer=signer) for name, url in settings.triggers.items()
    }
    runners |= {name: CallableRunner(function) for name, function in (functions or {}).items()}
    return Triggers(
        runners,
        elsewhere=_lambda_functions(settings, effects, connections) if settings.lambda_endpoint else None,
        close=connections.close,
    )


def _lambda_functions(
    settings: Settings, effects: Effects, connections: Connections
) -> Callable[[str], Runner | None]:
    api = _lambda_api(settings, effects, connections)
    allowed = settings.lambda_functions
    return lambda arn: api.runner_of(arn) if allowed is None or arn in allowed else None


def _lambda_api(settings: Settings, effects: Effects, connections: Connections) -> LambdaApi:
    credentials = None
    if settings.lambda_access_key_id and settings.lambda_secret_access_key:
        credentials = Credentials(
            settings.lambda_access_key_id, settings.lambda_secret_access_key, settings.lambda_session_token
        )
    return LambdaApi(
        connections,
        settings.lambda_endpoint or "",
        credentials=credentials,
        region=settings.region,
        now=effects.now,
    )
