"""Identifiers."""

from __future__ import annotations

import re

import pytest

from userpool.effects import FixedEffects
from userpool.server.rules.identifiers import (
    identity_pool_arn,
    new_client_id,
    new_client_secret,
    new_identity_id,
    new_pool_id,
    new_sub,
    partition_of,
    pool_arn,
)


def test_a_pool_id_is_its_region_and_nine_letters_and_digits() -> None:
    assert re.fullmatch(r"eu-west-1_[0-9a-zA-Z]{9}", new_pool_id(FixedEffects(), "eu-west-1"))


def test_a_client_id_is_26_lower_case_letters_and_digits() -> None:
    assert re.fullmatch(r"[a-z0-9]{26}", new_client_id(FixedEffects()))


def test_a_client_secret_is_51_lower_case_letters_and_digits() -> None:
    assert re.fullmatch(r"[a-z0-9]{51}", new_client_secret(FixedEffects()))


def test_a_sub_looks_like_a_uuid() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", new_sub(FixedEffects()))


def test_no_identifier_is_given_twice() -> None:
    effects = FixedEffects()
    makers = [
        lambda: new_pool_id(effects, "eu-west-1"),
        lambda: new_client_id(effects),
        lambda: new_sub(effects),
    ]

    made = [make() for make in makers for _ in range(100)]

    assert len(set(made)) == 300


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")],
)
def test_an_arn_names_the_partition_of_its_region(region: str, partition: str) -> None:
    arn = pool_arn(f"{region}_AbCdEfGhI", "123456789012")

    assert arn == f"arn:{partition}:cognito-idp:{region}:123456789012:userpool/{region}_AbCdEfGhI"


def test_an_identity_is_its_region_and_a_uuid() -> None:
    assert re.fullmatch(
        r"eu-west-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", new_identity_id(FixedEffects(), "eu-west-1")
    )


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_an_identity_pool_has_an_arn(region: str, partition: str) -> None:
    assert partition_of(region) == partition
    assert identity_pool_arn(f"{region}:1", "123456789012") == (
        f"arn:{partition}:cognito-identity:{region}:123456789012:identitypool/{region}:1"
    )
