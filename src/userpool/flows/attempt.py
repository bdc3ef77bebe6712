"""One attempt to sign somebody in: what it knows, and how it speaks to the service.

Everything that a sign-in says goes through here, so that the same things hold in every flow and at every step: the
name that is sent and the secret hash made for it are one, the device names itself, and a device that the pool has
forgotten is left out and the request made again.

Sources: api:InitiateAuth, api:RespondToAuthChallenge;
guide:amazon-cognito-user-pools-device-tracking;
amplify-js:retryOnResourceNotFoundException (the wording by which a forgotten device is known).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from msgspec.structs import replace

from userpool.answers import Answer, UnderWay
from userpool.conversation import Flow
from userpool.crypto.srp import EPHEMERAL_BYTES, Ephemeral, client_ephemeral
from userpool.devices import KnownDevice
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.doors import AuthResponse, Door
from userpool.values import Value
from userpool.wire.fault import ServiceException
from userpool.wire.faults import ResourceNotFoundException

__all__ = ["FRESH_BYTES", "Attempt", "DeviceUse", "is_about_the_device"]

ResultT = TypeVar("ResultT")

FRESH_BYTES: Final = 2 * EPHEMERAL_BYTES
"""How many random bytes an attempt is given: for two proofs."""


def _nobody_s(_username: str) -> KnownDevice | None:
    return None


class DeviceUse(Value, frozen=True):
    """What is known about this device; ``find`` looks a name up among the devices that are stored."""

    find: Callable[[str], KnownDevice | None] = _nobody_s


class Attempt:
    """What one conversation of a sign-in knows; ``under_way`` is what it will leave to the next."""

    def __init__(
        self,
        app: AppClient,
        under_way: UnderWay,
        *,
        username: str,
        random: bytes,
        extras: Extras,
        devices: DeviceUse | None = None,
    ) -> None:
        self.app = app
        self.under_way = under_way
        self.devices = devices or DeviceUse()
        self._random = random
        self._door = Door(app, extras, under_way.admin)
        self.recognise(under_way.login)
        self.recognise(username)

    # ---- the random bytes, each for one purpose ----

    def ephemeral(self) -> Ephemeral:
        """Return the secret number with which a password proves itself, and the public one."""
        return client_ephemeral(self._random[:EPHEMERAL_BYTES])

    def device_ephemeral(self) -> Ephemeral:
        """Return the secret number with which a device proves itself, and the public one."""
        return client_ephemeral(self._random[EPHEMERAL_BYTES : 2 * EPHEMERAL_BYTES])

    # ---- the device ----

    def recognise(self, username: str) -> None:
        """Take the device that is stored under a name, if there is none yet and it is not the lost one."""
        if self.under_way.device is None and username:
            found = self.devices.find(username)
            if found is not None and found.key != self.under_way.lost_device:
                self.under_way = replace(self.under_way, device=found)

    def lose_device(self, key: str) -> None:
        """Go on without the device, which the pool does not know any more or does not believe."""
        self.under_way = replace(self.under_way, device=None, lost_device=key)

    def expect_proof(self, ephemeral: Ephemeral) -> None:
        """Keep the secret number for a proof that the service may ask for at a later step."""
        self.under_way = replace(self.under_way, srp_secret=f"{ephemeral.secret:064x}")

    def forget_proof(self) -> None:
        """Drop that number: the proof has been given."""
        self.under_way = replace(self.under_way, srp_secret=None)

    # ---- what is said ----

    def begin(
        self, auth_flow: str, username: str, parameters: Mapping[str, str], *, session: str | None = None
    ) -> Flow[tuple[AuthResponse, float]]:
        """Begin a sign-in; return the answer, and the time at the service in epoch seconds."""
        return (
            yield from self._with_device(
                lambda device: self._door.begin(
                    auth_flow, self.app.parameters(username, {**parameters, **device}), session=session
                )
            )
        )

    def respond(self, answer: Answer) -> Flow[tuple[AuthResponse, float]]:
        """Answer a challenge; return what came back, and the time at the service in epoch seconds."""
        return (
            yield from self._with_device(
                lambda device: self.say(
                    answer.challenge, answer.username, {**answer.responses, **device}, session=answer.session
                )
            )
        )

    def say(
        self, challenge: str, username: str, responses: Mapping[str, str], *, session: str | None
    ) -> Flow[tuple[AuthResponse, float]]:
        """Answer a challenge in just these words; the name and the secret hash are added to them."""
        return (
            yield from self._door.respond(
                challenge, self.app.parameters(username, responses), session=session
            )
        )

    def _with_device(self, speak: Callable[[Mapping[str, str]], Flow[ResultT]]) -> Flow[ResultT]:
        """Speak as the device, if one is known; once more without it, if the pool has forgotten it."""
        device = self.under_way.device
        if device is None:
            return (yield from speak({}))
        try:
            return (yield from speak({"DEVICE_KEY": device.key}))
        except ResourceNotFoundException as fault:
            if not is_about_the_device(fault):
                raise
        self.lose_device(device.key)
        return (yield from speak({}))


def is_about_the_device(fault: ServiceException) -> bool:
    """Whether a fault says that the pool does not know the device, and not that it misses something else."""
    return isinstance(fault, ResourceNotFoundException) and "device" in fault.message.lower()
