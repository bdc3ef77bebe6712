"""Custom senders: a function of the pool delivers e-mails or text messages, and is told the code, encrypted.

The service encrypts the code under a KMS key in the format of the AWS Encryption SDK. Here is no KMS: the format is the
same, the key is a raw AES key that the operator gives this server and the function.

Sources: guide:user-pool-lambda-custom-email-sender, guide:user-pool-lambda-custom-sms-sender.
"""

from __future__ import annotations

import html
import logging
from base64 import b64encode
from typing import TYPE_CHECKING

from userpool.crypto.encryption_sdk import encrypt_message
from userpool.server.database.users import user_by_sub
from userpool.server.messages.sender import DeliveryFailedError
from userpool.server.triggers.calling import run
from userpool.server.triggers.configured import has
from userpool.server.triggers.events import Question, attributes_of, reached_at, with_metadata
from userpool.server.triggers.runners import TriggerFailedError, TriggerUnreachableError

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.server.database.query import Database
    from userpool.server.directory import Directory
    from userpool.server.records import Message
    from userpool.server.triggers.runners import Triggers

log = logging.getLogger("userpool.triggers")

NAMESPACE = "userpool"
KEY_NAME = "custom-sender"
_ATTRIBUTES = {"EMAIL": "email", "SMS": "phone_number"}
_TYPES = {"CustomEmailSender": "customEmailSenderRequestV1", "CustomSMSSender": "customSMSSenderRequestV1"}


class CustomSenders:
    """Hands messages to the functions that their pools name. Nobody waits for it: it may take its time."""

    is_immediate = False

    def __init__(
        self,
        triggers: Triggers,
        effects: Effects,
        *,
        directory: Directory,
        database: Database,
        key: bytes | None,
        in_clear: bool,
    ) -> None:
        """Take what it needs.

        Args:
            triggers: who runs functions.
            effects: entropy.
            directory: where pools are found.
            database: where users are.
            key: under which codes are encrypted, 32 bytes.
            in_clear: whether a code is told in the clear where there is no key; for development.
        """
        self._triggers = triggers
        self._effects = effects
        self._directory = directory
        self._database = database
        self._key = key
        self._in_clear = in_clear

    async def send(self, message: Message) -> None:
        """Hand a message over. What the function makes of it is its own affair; it is called once.

        Raises:
            DeliveryFailedError: it can't be run now, or there is no key to encrypt the code with.
        """
        pool = await self._directory.pool(message.pool_id)
        user = await user_by_sub(self._database.reader, message.sub)
        if message.function is None or pool is None or user is None:
            return  # Whom it was for has been deleted.
        if not has(pool, message.function):
            log.warning("a message is dropped: its pool has no %s any more", message.function)
            return
        request = {
            "type": _TYPES[message.function],
            "code": self._told(message),
            # The function delivers to the address that it finds here.
            "userAttributes": attributes_of(
                reached_at(user, _ATTRIBUTES[message.medium], message.destination)
            ),
        }
        question = Question(
            message.function,
            f"{message.function}_{message.kind}",
            user.username,
            message.client_id,
            with_metadata(request, message.client_metadata),
            {},
        )
        try:
            await run(self._triggers, pool, question)
        except TriggerFailedError:
            # The service doesn't look at what a custom sender returns. What it raised may hold the code.
            log.error("the function of a trigger raised: %s", message.function)  # noqa: TRY400
        except TriggerUnreachableError as error:
            raise DeliveryFailedError(str(error)) from None

    def _told(self, message: Message) -> str:
        # A temporary password is escaped, since functions put it into HTML.
        code = html.escape(message.code) if message.kind == "AdminCreateUser" else message.code
        if self._key is None:
            if self._in_clear:
                # Assumed: in development, without a key for custom senders, the code is told in the clear.
                return code
            raise DeliveryFailedError(f"{message.function}: there is no key to encrypt codes with.")
        # Assumed: a custom sender's code is encrypted under a raw AES key, in the Encryption SDK's format.
        sealed = encrypt_message(
            code.encode(),
            self._key,
            namespace=NAMESPACE,
            name=KEY_NAME,
            context={"userpool-id": message.pool_id},
            random_bytes=self._effects.random_bytes,
        )
        return b64encode(sealed).decode()
