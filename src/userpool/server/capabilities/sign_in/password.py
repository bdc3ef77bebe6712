"""Sign-in with a password in the clear: USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH.

Sources: guide:amazon-cognito-user-pools-authentication-flow-methods; api:InitiateAuth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.capabilities.sign_in.attempt import check_lock, judge, subject_of
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.parameters import check_hash, needed
from userpool.server.credentials import credential_of, nobodys_credential, proves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.capabilities.sign_in.attempt import Outcome
    from userpool.server.context import Context
    from userpool.server.records import Client, Pool

LONGEST_PASSWORD = 256
"""Characters; a longer one can't have been set (api: PasswordType) and isn't worth hashing."""


async def begin_with_password(
    context: Context, pool: Pool, client: Client, parameters: Mapping[str, str]
) -> Outcome:
    """Prove a password that was sent, and answer with tokens or the next challenge."""
    name = needed(parameters, "USERNAME")
    password = needed(parameters, "PASSWORD")
    check_hash(context, client, parameters, names=[name])
    subject = await subject_of(context, pool, client, name)
    await check_lock(context, client, subject)

    credential = await credential_of(context, subject.user) if subject.user is not None else None
    # The same work is done for nobody, so that the time doesn't tell who exists.
    credential = credential or nobodys_credential(context, pool, name)
    proved = len(password) <= LONGEST_PASSWORD and proves(
        context, pool, credential, username=subject.username, password=password
    )
    return await judge(context, pool, client, subject, state=State.START, proved=proved)
