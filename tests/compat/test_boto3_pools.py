"""boto3, unmodified, makes, finds and deletes user pools and app clients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


@pytest.fixture
def pool(aws: Any) -> Any:
    """A pool of this test's own, as CreateUserPool told it."""
    return aws.create_user_pool(PoolName="people", AutoVerifiedAttributes=["email"])["UserPool"]


def test_a_pool_is_described_as_it_was_made(aws: Any, pool: Any) -> None:
    described = aws.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]

    assert described == pool
    assert described["Arn"].endswith(f":userpool/{pool['Id']}")
    assert len(described["SchemaAttributes"]) == 20


def test_times_are_times(pool: Any) -> None:
    for member in ("CreationDate", "LastModifiedDate"):
        assert isinstance(pool[member], datetime)
        assert abs(datetime.now(UTC) - pool[member]) < timedelta(minutes=1)


def test_pools_are_listed_page_by_page(aws: Any) -> None:
    made = {aws.create_user_pool(PoolName=f"listed {number}")["UserPool"]["Id"] for number in range(3)}

    pages = list(aws.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2}))

    assert {len(page["UserPools"]) for page in pages[:-1]} == {2}
    assert made <= {each["Id"] for page in pages for each in page["UserPools"]}


def test_a_pool_lives_in_the_region_that_was_signed_for(boto: Callable[..., Any], served: Any) -> None:
    elsewhere = boto(served.origin, region="eu-central-1")

    pool = elsewhere.create_user_pool(PoolName="people")["UserPool"]

    assert pool["Id"].startswith("eu-central-1_")
    listed = elsewhere.list_user_pools(MaxResults=60)["UserPools"]
    assert {each["Id"].partition("_")[0] for each in listed} == {"eu-central-1"}


def test_a_deleted_pool_is_gone(aws: Any, pool: Any) -> None:
    aws.delete_user_pool(UserPoolId=pool["Id"])

    with pytest.raises(aws.exceptions.ResourceNotFoundException) as refused:
        aws.describe_user_pool(UserPoolId=pool["Id"])

    assert refused.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"User pool {pool['Id']} does not exist.",
    }


def test_a_protected_pool_is_not_deleted(aws: Any) -> None:
    pool = aws.create_user_pool(PoolName="people", DeletionProtection="ACTIVE")["UserPool"]

    with pytest.raises(aws.exceptions.InvalidParameterException, match="deletion protection is activated"):
        aws.delete_user_pool(UserPoolId=pool["Id"])


def test_a_client_is_described_as_it_was_made(aws: Any, pool: Any) -> None:
    made = aws.create_user_pool_client(UserPoolId=pool["Id"], ClientName="web", GenerateSecret=True)[
        "UserPoolClient"
    ]

    described = aws.describe_user_pool_client(UserPoolId=pool["Id"], ClientId=made["ClientId"])

    assert described["UserPoolClient"] == made
    assert len(made["ClientId"]) == 26
    assert len(made["ClientSecret"]) in {51, 52}
    assert made["RefreshTokenValidity"] == 30
    assert isinstance(made["CreationDate"], datetime)


def test_clients_are_listed_page_by_page(aws: Any, pool: Any) -> None:
    names = ["one", "two", "three"]
    for name in names:
        aws.create_user_pool_client(UserPoolId=pool["Id"], ClientName=name)

    paginator = aws.get_paginator("list_user_pool_clients")
    pages = list(paginator.paginate(UserPoolId=pool["Id"], PaginationConfig={"PageSize": 2}))

    assert [len(page["UserPoolClients"]) for page in pages] == [2, 1]
    assert {each["ClientName"] for page in pages for each in page["UserPoolClients"]} == set(names)
    assert not any("ClientSecret" in each for page in pages for each in page["UserPoolClients"])


def test_a_deleted_client_is_gone(aws: Any, pool: Any) -> None:
    made = aws.create_user_pool_client(UserPoolId=pool["Id"], ClientName="web")["UserPoolClient"]

    aws.delete_user_pool_client(UserPoolId=pool["Id"], ClientId=made["ClientId"])

    with pytest.raises(
        aws.exceptions.ResourceNotFoundException, match=r"User pool client \w+ does not exist\."
    ):
        aws.initiate_auth(
            ClientId=made["ClientId"], AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "a"}
        )


def test_what_the_model_forbids_is_refused_by_the_pool_too(boto: Callable[..., Any], served: Any) -> None:
    from botocore.config import Config

    careless = boto(served.origin, config=Config(parameter_validation=False))

    with pytest.raises(careless.exceptions.InvalidParameterException) as refused:
        careless.create_user_pool(PoolName="")

    assert refused.value.response["Error"]["Message"] == (
        "2 validation errors detected: "
        "Value '' at 'poolName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value '' at 'poolName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w\s+=,.@-]+"
    )


def test_an_operation_that_is_not_built_says_so(aws: Any, pool: Any) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="GetCSVHeader is not built yet in userpool") as refused:
        aws.get_csv_header(UserPoolId=pool["Id"])

    assert refused.value.response["Error"]["Code"] == "UnsupportedOperationException"
