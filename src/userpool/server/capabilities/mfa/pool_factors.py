"""The second factors of a pool.

Sources: api:GetUserPoolMfaConfig, api:SetUserPoolMfaConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from userpool.server.database.pools import save_pool
from userpool.server.finding import find_pool, pool_again
from userpool.server.rules.mfa_settings import configured, told
from userpool.wire.mfa import SetUserPoolMfaConfigResponse

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Pool
    from userpool.wire.mfa import (
        GetUserPoolMfaConfigRequest,
        GetUserPoolMfaConfigResponse,
        SetUserPoolMfaConfigRequest,
    )


async def get_user_pool_mfa_config(
    context: Context, request: GetUserPoolMfaConfigRequest
) -> GetUserPoolMfaConfigResponse:
    """Tell which second factors a pool has, and whether it requires one."""
    return told(await find_pool(context, request.user_pool_id))


async def set_user_pool_mfa_config(
    context: Context, request: SetUserPoolMfaConfigRequest
) -> SetUserPoolMfaConfigResponse:
    """Give a pool the second factors of the request, and no others."""
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> Pool:
        after = configured(await pool_again(transaction, pool), request)
        description = replace(after.description, last_modified_date=context.now_ms / 1000)
        return await save_pool(transaction, replace(after, description=description))

    saved = await context.database.write(write)
    context.directory.forget(pool_id=pool.pool_id)
    return msgspec.convert(msgspec.to_builtins(told(saved)), SetUserPoolMfaConfigResponse)
