"""Devices: confirmed, described, listed, remembered and forgotten, by their owner and by an administrator.

Operations: ConfirmDevice, GetDevice, ListDevices, UpdateDeviceStatus, ForgetDevice, AdminGetDevice,
AdminListDevices, AdminUpdateDeviceStatus, AdminForgetDevice.

Sources: api:ConfirmDevice, api:GetDevice, api:ListDevices, api:UpdateDeviceStatus, api:ForgetDevice and their
admin twins, guide:amazon-cognito-user-pools-device-tracking; texts as collected from public reports.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.crypto.srp import parse_verifier
from userpool.errors import SrpError
from userpool.server.bearer import authorise
from userpool.server.database.devices import devices_after, save_device
from userpool.server.database.sessions import put_session, sessions_of
from userpool.server.devices import (
    find_device,
    keep_device,
    make_room,
    remembers_devices,
    remembers_unasked,
)
from userpool.server.devices import forget_device as forget
from userpool.server.finding import find_pool, find_user, user_again
from userpool.server.paging import open_place, seal_place
from userpool.server.records import Device, DeviceVerifier
from userpool.wire.devices import (
    AdminGetDeviceResponse,
    AdminListDevicesResponse,
    AdminUpdateDeviceStatusResponse,
    ConfirmDeviceResponse,
    DeviceType,
    GetDeviceResponse,
    ListDevicesResponse,
    UpdateDeviceStatusResponse,
)
from userpool.wire.faults import (
    DeviceKeyExistsException,
    InvalidParameterException,
    InvalidUserPoolConfigurationException,
    ResourceNotFoundException,
)
from userpool.wire.shapes import AttributeType

if TYPE_CHECKING:
    from userpool.server.bearer import Bearer
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Pool, Session, User
    from userpool.wire.devices import (
        AdminForgetDeviceRequest,
        AdminGetDeviceRequest,
        AdminListDevicesRequest,
        AdminUpdateDeviceStatusRequest,
        ConfirmDeviceRequest,
        DeviceSecretVerifierConfigType,
        ForgetDeviceRequest,
        GetDeviceRequest,
        ListDevicesRequest,
        UpdateDeviceStatusRequest,
    )

MOST_LISTED = 60
MOST_SALT_BYTES = 64
REMEMBERED = "remembered"

# ---- rules ----


def _check_tracking(pool: Pool) -> None:
    if not remembers_devices(pool):
        # Assumed: the text of device operations in a pool that doesn't track devices.
        raise InvalidUserPoolConfigurationException("Device tracking is not enabled for the user pool.")


def _no_device() -> ResourceNotFoundException:
    # Clients look for the word "Device" in it.
    return ResourceNotFoundException("Device does not exist.")


def _verifier(given: DeviceSecretVerifierConfigType | None) -> DeviceVerifier | None:
    """Return what proves a device; without both members there is none, and it can't stand in for MFA."""
    if given is None or not given.password_verifier or not given.salt:
        return None
    try:
        salt = b64decode(given.salt, validate=True)
        verifier = b64decode(given.password_verifier, validate=True)
        parse_verifier(verifier)
        if len(salt) > MOST_SALT_BYTES:
            raise ValueError
    except (SrpError, ValueError):
        # Assumed: the text with which a DeviceSecretVerifierConfig is refused that isn't base64 or out of range.
        raise InvalidParameterException(
            "Invalid device secret verifier config given."
        ) from None  # It is a secret.
    return DeviceVerifier(salt=salt, verifier=verifier)


def _described(device: Device) -> DeviceType:
    # Assumed: a device's attributes are its status and name, the address it last came from, and whether it is
    # remembered; dev:device_arn, dev:device_owner and dev:device_sdk aren't told.
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "last_ip_used": device.last_ip,
        "dev:device_remembered_status": REMEMBERED if device.is_remembered else f"not_{REMEMBERED}",
    }
    return DeviceType(
        device_key=device.device_key,
        device_attributes=[
            AttributeType(name=name, value=value) for name, value in attributes.items() if value is not None
        ],
        device_create_date=device.created_ms / 1000,
        device_last_modified_date=device.modified_ms / 1000,
        device_last_authenticated_date=device.authenticated_ms / 1000,
    )


# ---- confirming ----


async def confirm_device(context: Context, request: ConfirmDeviceRequest) -> ConfirmDeviceResponse:
    """Make a device of the keys that the bearer's sign-in was given."""
    bearer = await _owner(context, request.access_token)
    verifier = _verifier(request.device_secret_verifier_config)

    async def write(transaction: Transaction) -> None:
        user = await user_again(transaction, bearer.user)
        if await find_device(context, transaction, user.sub, request.device_key) is not None:
            # Assumed: the text of DeviceKeyExistsException.
            raise DeviceKeyExistsException("Device key already exists.")
        session = await _session_given(transaction, bearer, request.device_key)
        device = _confirmed(context, bearer.pool, session, request)
        await make_room(transaction, user.sub)
        await keep_device(context, transaction, device, verifier=verifier)
        await put_session(transaction, replace(session, device_group_key=None))

    await context.database.write(write)
    return ConfirmDeviceResponse(user_confirmation_necessary=not remembers_unasked(bearer.pool))


async def _session_given(transaction: Transaction, bearer: Bearer, device_key: str) -> Session:
    """Return the bearer's session, to which these keys were given."""
    for session in await sessions_of(transaction, bearer.user.sub):
        # A token of a client without token revocation doesn't name its session: the keys, which nobody else was
        # told, do.
        is_bearers = bearer.session_id in {None, session.session_id}
        is_clients = session.client_id == bearer.client.client_id
        if is_bearers and is_clients and session.device_key == device_key and session.device_group_key:
            return session
    raise _no_device()


def _confirmed(context: Context, pool: Pool, session: Session, request: ConfirmDeviceRequest) -> Device:
    return Device(
        sub=session.sub,
        device_key=request.device_key,
        group_key=session.device_group_key or "",
        name=request.device_name,
        is_remembered=remembers_unasked(pool),
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
        authenticated_ms=session.auth_time_ms,
    )


# ---- one device ----


async def get_device(context: Context, request: GetDeviceRequest) -> GetDeviceResponse:
    """Describe a device of the bearer."""
    bearer = await _owner(context, request.access_token)
    device = await _found(context, context.database.reader, bearer.user, request.device_key)
    return GetDeviceResponse(device=_described(device))


async def admin_get_device(context: Context, request: AdminGetDeviceRequest) -> AdminGetDeviceResponse:
    """Describe a device of a user."""
    _, user = await _named(context, request.user_pool_id, request.username)
    device = await _found(context, context.database.reader, user, request.device_key)
    return AdminGetDeviceResponse(device=_described(device))


async def update_device_status(
    context: Context, request: UpdateDeviceStatusRequest
) -> UpdateDeviceStatusResponse:
    """Remember a device of the bearer, or stop to."""
    bearer = await _owner(context, request.access_token)
    await _remember(context, bearer.user, request.device_key, status=request.device_remembered_status)
    return UpdateDeviceStatusResponse()


async def admin_update_device_status(
    context: Context, request: AdminUpdateDeviceStatusRequest
) -> AdminUpdateDeviceStatusResponse:
    """Remember a device of a user, or stop to."""
    _, user = await _named(context, request.user_pool_id, request.username)
    await _remember(context, user, request.device_key, status=request.device_remembered_status)
    return AdminUpdateDeviceStatusResponse()


async def _remember(context: Context, user: User, device_key: str, *, status: str | None) -> None:
    async def write(transaction: Transaction) -> None:
        device = await _found(context, transaction, user, device_key)
        # Assumed: UpdateDeviceStatus without a status changes nothing.
        if status is not None:
            is_remembered = status == REMEMBERED
            changed = replace(device, is_remembered=is_remembered, modified_ms=context.now_ms)
            await save_device(transaction, changed)

    await context.database.write(write)


async def forget_device(context: Context, request: ForgetDeviceRequest) -> None:
    """Forget a device of the bearer; what was signed in on it is signed out."""
    bearer = await _owner(context, request.access_token)
    await _forget(context, bearer.user, request.device_key)


async def admin_forget_device(context: Context, request: AdminForgetDeviceRequest) -> None:
    """Forget a device of a user; what was signed in on it is signed out."""
    _, user = await _named(context, request.user_pool_id, request.username)
    await _forget(context, user, request.device_key)


async def _forget(context: Context, user: User, device_key: str) -> None:
    if not await context.database.write(lambda transaction: forget(transaction, user.sub, device_key)):
        raise _no_device()


# ---- all devices ----


async def list_devices(context: Context, request: ListDevicesRequest) -> ListDevicesResponse:
    """List the devices of the bearer."""
    bearer = await _owner(context, request.access_token)
    devices, token = await _listed(
        context, bearer.user, "ListDevices", limit=request.limit, token=request.pagination_token
    )
    return ListDevicesResponse(devices=devices, pagination_token=token)


async def admin_list_devices(context: Context, request: AdminListDevicesRequest) -> AdminListDevicesResponse:
    """List the devices of a user."""
    _, user = await _named(context, request.user_pool_id, request.username)
    devices, token = await _listed(
        context, user, "AdminListDevices", limit=request.limit, token=request.pagination_token
    )
    return AdminListDevicesResponse(devices=devices, pagination_token=token)


async def _listed(
    context: Context, user: User, operation: str, *, limit: int | None, token: str | None
) -> tuple[list[DeviceType], str | None]:
    most = limit or MOST_LISTED
    after = open_place(context, token, operation=operation, scope=user.sub)
    found = await devices_after(context.database.reader, user.sub, after or "", most=most + 1)
    page = found[:most]
    following = None
    if len(found) > most:
        following = seal_place(context, page[-1].device_key, operation=operation, scope=user.sub)
    return [_described(device) for device in page], following


# ---- whose devices ----


async def _owner(context: Context, access_token: str | None) -> Bearer:
    # The model lets GetDevice and ForgetDevice come without a token, which nothing else would stand for.
    bearer = await authorise(context, access_token or "")
    _check_tracking(bearer.pool)
    return bearer


async def _named(context: Context, pool_id: str, username: str) -> tuple[Pool, User]:
    pool = await find_pool(context, pool_id)
    _check_tracking(pool)
    return pool, await find_user(context, pool, username)


async def _found(context: Context, transaction: Transaction, user: User, device_key: str) -> Device:
    device = await find_device(context, transaction, user.sub, device_key)
    if device is None:
        raise _no_device()
    return device
