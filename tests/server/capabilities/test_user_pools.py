"""Making, describing, listing and deleting user pools."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from userpool.effects import FixedEffects, uuid4_text
from userpool.server.build import Server, open_server
from userpool.server.capabilities.sign_in.operations import initiate_auth
from userpool.server.capabilities.sign_up import confirm_sign_up, sign_up
from userpool.server.capabilities.user_pools import (
    MOST_USERS_AT_ONCE,
    create_user_pool,
    delete_user_pool,
    describe_user_pool,
    list_user_pools,
)
from userpool.server.context import Context
from userpool.server.database.query import Query, Transaction
from userpool.server.database.tables import metadata
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool, User
from userpool.server.roster import enrol
from userpool.server.settings import Settings
from userpool.wire.faults import (
    FeatureUnavailableInTierException,
    InvalidParameterException,
    ResourceNotFoundException,
    UnsupportedOperationException,
)
from userpool.wire.shapes import AttributeTypeInput
from userpool.wire.sign_in import InitiateAuthRequest
from userpool.wire.sign_up import ConfirmSignUpRequest, SignUpRequest
from userpool.wire.user_pools import (
    CreateUserPoolRequest,
    DeleteUserPoolRequest,
    DescribeUserPoolRequest,
    ListUserPoolsRequest,
    SchemaAttributeTypeInput,
    UserPoolType,
)

pytestmark = pytest.mark.anyio

MakePool = Callable[..., Awaitable[Pool]]
MakeClient = Callable[..., Awaitable[Client]]


async def create(context: Context, **members: Any) -> UserPoolType:
    """Make a pool that is asked for in the wire's words."""
    asked = msgspec.convert({"PoolName": "people", **members}, CreateUserPoolRequest)
    pool = (await create_user_pool(context, asked)).user_pool
    assert pool is not None
    return pool


async def describe(context: Context, pool_id: str | None) -> UserPoolType:
    """Describe a pool."""
    pool = (await describe_user_pool(context, DescribeUserPoolRequest(user_pool_id=str(pool_id)))).user_pool
    assert pool is not None
    return pool


async def add_users(context: Context, pool: Pool, count: int) -> None:
    """Fill a pool."""

    def user() -> User:
        sub = uuid4_text(context.effects)
        return User(
            sub=sub,
            pool_id=pool.pool_id,
            username=f"user-{sub}",
            status="CONFIRMED",
            created_ms=context.now_ms,
            modified_ms=context.now_ms,
            attributes={"email": f"{sub}@example.com", "name": "Ann"},
        )

    users = [user() for _ in range(count)]

    async def write(transaction: Transaction) -> None:
        for one in users:
            await enrol(transaction, pool, one, taken="")

    await context.database.write(write)


async def rows(context: Context) -> Counter[str]:
    """Count what is in the database, table by table, that belongs to a pool.

    Facts are about the database, spent sessions expire, and messages go when they have been delivered.
    """
    counted: Counter[str] = Counter()
    for table in metadata.sorted_tables:
        if table.name not in {"facts", "messages", "spent"}:
            found = await context.database.reader.one(Query(select(func.count()).select_from(table)))
            counted[table.name] = int(found[0]) if found else 0
    return +counted


async def live(context: Context, inbox: Inbox, client: Client) -> None:
    """Sign up, confirm and sign in, which leaves rows of every kind."""
    await sign_up(
        context,
        SignUpRequest(
            client_id=client.client_id,
            username="ann",
            password="Correct-horse-7",
            user_attributes=[AttributeTypeInput(name="email", value="ann@example.com")],
        ),
    )
    code = inbox.messages()[0].code
    asked = ConfirmSignUpRequest(client_id=client.client_id, username="ann", confirmation_code=code)
    await confirm_sign_up(context, asked)
    for password in ("wrong", "Correct-horse-7"):
        told = InitiateAuthRequest(
            auth_flow="USER_PASSWORD_AUTH",
            client_id=client.client_id,
            auth_parameters={"USERNAME": "ann", "PASSWORD": password},
        )
        if password == "wrong":
            with pytest.raises(Exception, match="Incorrect"):
                await initiate_auth(context, told)
        else:
            assert (await initiate_auth(context, told)).authentication_result is not None


# ---- making and describing ----


async def test_a_new_pool_has_an_id_an_arn_and_a_date(context: Context, effects: FixedEffects) -> None:
    pool = await create(context)

    assert str(pool.id).startswith("us-east-1_")
    assert pool.arn == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool.id}"
    assert pool.creation_date == pool.last_modified_date == effects.now()
    assert pool.estimated_number_of_users == 0


async def test_a_pool_is_described_as_it_was_made(context: Context) -> None:
    made = await create(context, UserPoolTags={"team": "blue"}, AliasAttributes=["email"])

    assert await describe(context, made.id) == made


async def test_a_pool_is_made_in_the_region_of_the_request(server: Server) -> None:
    pool = await create(server.context_for("eu-central-1"))

    assert str(pool.id).startswith("eu-central-1_")
    assert "arn:aws:cognito-idp:eu-central-1:" in str(pool.arn)


async def test_two_pools_may_have_one_name(context: Context) -> None:
    assert (await create(context)).id != (await create(context)).id


@pytest.mark.parametrize("database_url", ["sqlite-file", "postgresql"], indirect=True)
async def test_an_id_that_is_taken_is_not_given_again(
    server: Server, effects: FixedEffects, database_url: str, make_key: Callable[[], Any], tmp_path: Any
) -> None:
    first = await create(server.context)
    # This server draws the same ids as the other did, and finds them taken.
    settings = Settings(database_url=database_url, dev=True, seal_key_file=str(tmp_path / "seal.key"))
    twin = await open_server(settings, effects=FixedEffects(), make_key=make_key)

    second = await create(twin.context)

    await twin.close()
    assert second.id != first.id
    assert (await describe(server.context, first.id)).name == "people"


async def test_a_description_tells_how_many_users_there_are(context: Context, make_pool: MakePool) -> None:
    pool = await make_pool()

    await add_users(context, pool, 3)

    assert (await describe(context, pool.pool_id)).estimated_number_of_users == 3


async def test_a_pool_that_is_not_there_cannot_be_described(context: Context) -> None:
    with pytest.raises(ResourceNotFoundException) as caught:
        await describe(context, "us-east-1_nowhere00")

    assert caught.value.message == "User pool us-east-1_nowhere00 does not exist."


async def test_settings_that_contradict_one_another_make_no_pool(context: Context) -> None:
    with pytest.raises(InvalidParameterException):
        await create(context, AliasAttributes=["email"], UsernameAttributes=["email"])
    with pytest.raises(FeatureUnavailableInTierException):
        await create(context, UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"})

    assert await rows(context) == Counter()


async def test_what_is_not_built_makes_no_pool_and_says_so(context: Context) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"^The updated issuer is not built yet"):
        await create(context, IssuerConfiguration={"Type": "UPDATED"})

    assert await rows(context) == Counter()


async def test_triggers_and_the_tracking_of_devices_are_described_as_they_were_made(context: Context) -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:hello"
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    made = await create(context, LambdaConfig={"PreSignUp": function}, DeviceConfiguration=devices)

    told = msgspec.to_builtins(await describe(context, made.id))

    assert told["LambdaConfig"] == {"PreSignUp": function}
    assert told["DeviceConfiguration"] == devices


async def test_triggers_that_cannot_be_had_make_no_pool(context: Context) -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:hello"
    sender = {"LambdaVersion": "V1_0", "LambdaArn": function}

    with pytest.raises(InvalidParameterException, match="KMSKeyID is required"):
        await create(context, LambdaConfig={"CustomEmailSender": sender})

    assert await rows(context) == Counter()


async def test_the_wire_shows_dates_as_numbers_and_the_whole_schema(
    call: Callable[..., Awaitable[dict[str, Any]]], effects: FixedEffects
) -> None:
    told = (await call("CreateUserPool", PoolName="people", region="eu-west-1"))["UserPool"]

    assert told["CreationDate"] == effects.now()
    assert len(told["SchemaAttributes"]) == 20
    assert told["Id"].startswith("eu-west-1_")
    assert await call("DescribeUserPool", UserPoolId=told["Id"]) == {"UserPool": told}


# ---- listing ----


async def listed(context: Context, most: int = 60) -> list[list[str]]:
    """Return the names of pools, page by page."""
    pages: list[list[str]] = []
    token = None
    while True:
        reply = await list_user_pools(context, ListUserPoolsRequest(max_results=most, next_token=token))
        pages.append([str(pool.name) for pool in reply.user_pools or []])
        token = reply.next_token
        if token is None:
            return pages


async def test_without_pools_there_is_one_empty_page(context: Context) -> None:
    assert await listed(context) == [[]]


async def test_pools_are_listed_page_by_page_each_once(context: Context) -> None:
    names = {(await create(context, PoolName=f"pool-{number}")).name for number in range(5)}

    pages = await listed(context, 2)

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {name for page in pages for name in page} == names


async def test_a_last_page_that_is_full_promises_no_other(context: Context) -> None:
    for _ in range(4):
        await create(context)

    assert [len(page) for page in await listed(context, 2)] == [2, 2]


async def test_a_pool_is_listed_with_its_name_and_dates(context: Context) -> None:
    pool = await create(context)

    reply = await list_user_pools(context, ListUserPoolsRequest(max_results=60))

    assert msgspec.to_builtins(reply) == {
        "UserPools": [
            {
                "Id": pool.id,
                "Name": "people",
                "LambdaConfig": {},
                "CreationDate": pool.creation_date,
                "LastModifiedDate": pool.last_modified_date,
            }
        ]
    }


async def test_each_region_lists_its_own_pools(server: Server) -> None:
    regions = ["ap-south-1", "eu-west-1", "us-east-1", "us-east-2"]
    for region in regions:
        for number in range(2):
            await create(server.context_for(region), PoolName=f"{region} {number}")

    for region in regions:
        pages = await listed(server.context_for(region), 1)
        assert sorted(name for page in pages for name in page) == [f"{region} 0", f"{region} 1"]


async def test_a_page_token_of_another_region_is_refused(server: Server) -> None:
    for _ in range(2):
        await create(server.context)
    token = (await list_user_pools(server.context, ListUserPoolsRequest(max_results=1))).next_token

    with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
        await list_user_pools(
            server.context_for("eu-west-1"), ListUserPoolsRequest(max_results=1, next_token=token)
        )


# ---- deleting ----


async def test_a_deleted_pool_leaves_nothing_behind(
    context: Context, inbox: Inbox, make_pool: MakePool, make_client: MakeClient
) -> None:
    kept = await make_pool(pool_name="kept")
    await make_client(kept)
    await add_users(context, kept, 2)
    before = await rows(context)
    pool = await make_pool(auto_verified_attributes=["email"], alias_attributes=["email"])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await live(context, inbox, client)
    await add_users(context, pool, 2 * MOST_USERS_AT_ONCE + 1)
    assert set(await rows(context)) >= {"credentials", "sessions", "signing_keys", "aliases", "user_index"}

    await delete_user_pool(context, DeleteUserPoolRequest(user_pool_id=pool.pool_id))

    assert await rows(context) == before
    assert (await describe(context, kept.pool_id)).estimated_number_of_users == 2


async def test_neither_a_deleted_pool_nor_its_clients_can_be_found(
    context: Context, make_pool: MakePool, make_client: MakeClient
) -> None:
    pool = await make_pool()
    client = await make_client(pool)

    await delete_user_pool(context, DeleteUserPoolRequest(user_pool_id=pool.pool_id))

    for again in (describe(context, pool.pool_id), make_client(pool)):
        with pytest.raises(ResourceNotFoundException, match=f"^User pool {pool.pool_id} does not exist"):
            await again
    asked = SignUpRequest(client_id=client.client_id, username="ann", password="Correct-horse-7")
    with pytest.raises(ResourceNotFoundException, match=f"^User pool client {client.client_id} does not"):
        await sign_up(context, asked)
    assert await listed(context) == [[]]


async def test_a_pool_can_be_deleted_only_once(context: Context, make_pool: MakePool) -> None:
    pool = await make_pool()
    await delete_user_pool(context, DeleteUserPoolRequest(user_pool_id=pool.pool_id))

    with pytest.raises(ResourceNotFoundException):
        await delete_user_pool(context, DeleteUserPoolRequest(user_pool_id=pool.pool_id))


async def test_a_protected_pool_stays(context: Context) -> None:
    pool = await create(context, DeletionProtection="ACTIVE")

    with pytest.raises(InvalidParameterException) as caught:
        await delete_user_pool(context, DeleteUserPoolRequest(user_pool_id=str(pool.id)))

    assert caught.value.message == (
        "The user pool cannot be deleted because deletion protection is activated. "
        "Deletion protection must be inactivated first."
    )
    assert await describe(context, pool.id) == pool


async def test_a_deletion_that_was_broken_off_leaves_only_what_nothing_leads_to(
    context: Context, make_pool: MakePool, make_client: MakeClient
) -> None:
    pool = await make_pool()
    client = await make_client(pool)
    await add_users(context, pool, 10 * MOST_USERS_AT_ONCE)
    deleting = asyncio.create_task(
        delete_user_pool(context, DeleteUserPoolRequest(user_pool_id=pool.pool_id))
    )
    async with asyncio.timeout(30):
        while await context.directory.pool(pool.pool_id) is not None:  # Nobody tells it.
            await asyncio.sleep(0)

    deleting.cancel()
    await asyncio.gather(deleting, return_exceptions=True)

    assert (await rows(context))["users"] > 0
    with pytest.raises(ResourceNotFoundException):
        await describe(context, pool.pool_id)
    asked = SignUpRequest(client_id=client.client_id, username="ann", password="Correct-horse-7")
    with pytest.raises(ResourceNotFoundException):
        await sign_up(context, asked)


async def test_a_schema_is_kept(context: Context) -> None:
    reply = await create_user_pool(
        context,
        CreateUserPoolRequest(
            pool_name="people", schema=[SchemaAttributeTypeInput(name="team", attribute_data_type="String")]
        ),
    )
    assert reply.user_pool is not None

    schema = (await describe(context, reply.user_pool.id)).schema_attributes

    assert schema is not None
    assert schema[-1].name == "custom:team"
