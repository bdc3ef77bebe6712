"""Custom senders: they take the place of delivery, and are told codes that only they can read."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from encryption_sdk_reader import read_message
from trigger_functions import Functions

from userpool.effects import FixedEffects
from userpool.server.build import Server, open_server
from userpool.server.context import Context
from userpool.server.database.outbox import waiting_messages
from userpool.server.messages import outbox as outbox_module
from userpool.server.messages.inbox import Inbox
from userpool.server.settings import Settings
from userpool.wire.user_pools import UserAttributeUpdateSettingsType

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

KEY = bytes(range(32))


class Arrival:
    """A sender of the test's own that tells when it was called."""

    def __init__(self, functions: Functions, name: str) -> None:
        self._called = threading.Event()
        functions[name] = self

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        self._called.set()
        return event

    async def wait(self) -> None:
        assert await asyncio.to_thread(self._called.wait, 10)


async def test_mail_goes_to_the_function_and_not_to_the_inbox(
    begin: Make, join: Call, call: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("CustomEmailSender")
    arrival = Arrival(functions, "CustomEmailSender")

    reply = await join(client, email="ann@example.com", metadata="hello")
    await arrival.wait()

    assert reply["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert inbox.messages() == []
    event = functions.event("CustomEmailSender_SignUp")
    assert event["callerContext"]["clientId"] == client.client_id
    request = event["request"]
    assert request["type"] == "customEmailSenderRequestV1"
    assert request["clientMetadata"] == {"said": "hello"}
    assert request["userAttributes"]["email"] == "ann@example.com"
    # In development the code is told in the clear.
    confirmation = {"ClientId": client.client_id, "Username": "ann", "ConfirmationCode": request["code"]}
    assert await call("ConfirmSignUp", **confirmation) == {}


async def test_text_messages_have_a_sender_of_their_own(
    begin: Make, join: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("CustomSMSSender", auto_verified_attributes=["phone_number"])
    arrival = Arrival(functions, "CustomSMSSender")

    await join(client, phone_number="+15551234567")
    await arrival.wait()

    request = functions.event("CustomSMSSender_SignUp")["request"]
    assert request["type"] == "customSMSSenderRequestV1"
    assert inbox.messages() == []


async def test_mail_is_delivered_here_where_only_text_messages_have_a_function(
    begin: Make, join: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("CustomSMSSender")

    await join(client, email="ann@example.com")

    assert [message.kind for message in inbox.messages()] == ["SignUp"]
    assert functions.events == []


async def test_a_temporary_password_is_escaped(begin: Make, call: Call, functions: Functions) -> None:
    client = await begin("CustomEmailSender")
    arrival = Arrival(functions, "CustomEmailSender")

    await call(
        "AdminCreateUser",
        UserPoolId=client.pool_id,
        Username="ann",
        TemporaryPassword="Temp<or>ary-1&",
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        DesiredDeliveryMediums=["EMAIL"],
    )
    await arrival.wait()

    request = functions.event("CustomEmailSender_AdminCreateUser")["request"]
    assert request["code"] == "Temp&lt;or&gt;ary-1&amp;"


async def test_a_code_for_an_address_that_waits_goes_there_and_not_to_the_old_one(
    begin: Make, admit: Call, sign_in: Call, call: Call, functions: Functions
) -> None:
    waiting = UserAttributeUpdateSettingsType(attributes_require_verification_before_update=["email"])
    client = await begin("CustomEmailSender", user_attribute_update_settings=waiting)
    await admit(client, email="ann@example.com", email_verified="true")
    token = {"AccessToken": (await sign_in(client))["AccessToken"]}
    arrival = Arrival(functions, "CustomEmailSender")

    await call(
        "UpdateUserAttributes", **token, UserAttributes=[{"Name": "email", "Value": "new@example.com"}]
    )
    await arrival.wait()

    shown = functions.event("CustomEmailSender_UpdateUserAttribute")["request"]["userAttributes"]
    assert shown["email"] == "new@example.com"
    assert shown["email_verified"] == "false"


async def test_what_the_function_raises_is_its_own_affair(
    begin: Make, join: Call, context: Context, functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    client = await begin("CustomEmailSender")
    called = threading.Event()

    def raising(event: dict[str, Any]) -> Any:
        called.set()
        raise ValueError(event["request"]["code"])

    functions["CustomEmailSender"] = raising

    await join(client, email="ann@example.com")
    assert await asyncio.to_thread(called.wait, 10)
    await context.outbox.stop()

    code = functions.events[0]["request"]["code"]
    assert code not in caplog.text


@pytest.fixture
async def strict(
    database_url: str,
    effects: FixedEffects,
    make_key: Callable[[], RSAPrivateKey],
    tmp_path: Path,
    functions: Functions,
) -> AsyncIterator[Callable[..., Awaitable[Server]]]:
    """Give a function that opens a server without development mode."""
    opened: list[Server] = []

    async def run(**members: Any) -> Server:
        settings = Settings(
            database_url=database_url,
            seal_key_file=str(tmp_path / "strict.key"),
            triggers=functions.urls,
            **members,
        )
        triggers = functions.callables
        opened.append(await open_server(settings, effects=effects, triggers=triggers, make_key=make_key))
        return opened[-1]

    yield run
    for server in opened:
        await server.close()


@pytest.fixture
def server_is_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the background hurry."""
    monkeypatch.setattr(outbox_module, "GATHER_SECONDS", 0.01)


async def sign_up_on(server: Server) -> None:
    from trigger_functions import triggered

    from userpool.server.capabilities.sign_up import sign_up
    from userpool.server.capabilities.user_pool_clients import create_user_pool_client
    from userpool.server.capabilities.user_pools import create_user_pool
    from userpool.wire.shapes import AttributeTypeInput
    from userpool.wire.sign_up import SignUpRequest
    from userpool.wire.user_pool_clients import CreateUserPoolClientRequest
    from userpool.wire.user_pools import CreateUserPoolRequest

    config = triggered("CustomEmailSender")
    wanted = CreateUserPoolRequest(pool_name="p", auto_verified_attributes=["email"], lambda_config=config)
    pool = (await create_user_pool(server.context, wanted)).user_pool
    asked = CreateUserPoolClientRequest(user_pool_id=pool.id, client_name="c")
    client = (await create_user_pool_client(server.context, asked)).user_pool_client
    email = AttributeTypeInput(name="email", value="ann@example.com")
    request = SignUpRequest(
        client_id=client.client_id, username="ann", password="Correct-horse-1", user_attributes=[email]
    )
    await sign_up(server.context, request)


async def test_a_code_is_encrypted_for_the_function_alone(
    strict: Callable[..., Awaitable[Server]], tmp_path: Path, functions: Functions
) -> None:
    key_file = tmp_path / "sender.key"
    key_file.write_text(KEY.hex())
    key_file.chmod(0o600)
    server = await strict(custom_sender_key_file=str(key_file))
    arrival = Arrival(functions, "CustomEmailSender")

    await sign_up_on(server)
    await arrival.wait()

    event = functions.event("CustomEmailSender_SignUp")
    opened, context = read_message(b64decode(event["request"]["code"]), KEY, "userpool", "custom-sender")
    assert len(opened) == 6
    assert opened.decode().isdigit()
    assert context == {"userpool-id": event["userPoolId"]}


@pytest.mark.usefixtures("server_is_strict")
async def test_without_a_key_the_message_waits(
    strict: Callable[..., Awaitable[Server]], functions: Functions
) -> None:
    server = await strict()

    await sign_up_on(server)
    await server.context.outbox.stop()

    assert functions.events == []
    assert len(await waiting_messages(server.context.database.reader, 10)) == 1
