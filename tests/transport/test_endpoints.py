"""Where a user pool lives. The expected addresses are those of botocore's own resolver."""

from __future__ import annotations

import itertools

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

from userpool.errors import SettingsError
from userpool.transport.endpoints import identity_endpoint, parse_pool_id, pool_endpoint, pool_issuer

REGIONS = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-5",
    "mx-central-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
]


@pytest.fixture(scope="module")
def botocore_s_resolver() -> EndpointProvider:
    loader = botocore.session.get_session().get_component("data_loader")
    return EndpointProvider(
        loader.load_service_model("cognito-idp", "endpoint-rule-set-1"), loader.load_data("partitions")
    )


@pytest.mark.parametrize(
    ("region", "fips", "dual_stack"), list(itertools.product(REGIONS, [False, True], [False, True]))
)
def test_an_endpoint_is_the_one_that_botocore_finds(
    botocore_s_resolver: EndpointProvider, region: str, *, fips: bool, dual_stack: bool
) -> None:
    parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
    expected = botocore_s_resolver.resolve_endpoint(**parameters).url

    found = pool_endpoint(parse_pool_id(f"{region}_aB1"), None, fips=fips, dual_stack=dual_stack)

    assert found == expected


@pytest.mark.parametrize(
    ("region", "fips", "dual_stack"), list(itertools.product(REGIONS, [False, True], [False, True]))
)
def test_the_endpoint_of_identity_pools_is_the_one_that_botocore_finds(
    region: str, *, fips: bool, dual_stack: bool
) -> None:
    loader = botocore.session.get_session().get_component("data_loader")
    rules = loader.load_service_model("cognito-identity", "endpoint-rule-set-1")
    resolver = EndpointProvider(rules, loader.load_data("partitions"))
    parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}

    found = identity_endpoint(region, None, fips=fips, dual_stack=dual_stack)

    assert found == resolver.resolve_endpoint(**parameters).url


def test_a_pool_id_tells_region_and_name() -> None:
    pool_id = parse_pool_id("us-east-1_aB12cDe34")

    assert (pool_id.text, pool_id.region, pool_id.name) == ("us-east-1_aB12cDe34", "us-east-1", "aB12cDe34")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "us-east-1",
        "_aB1",
        "us-east-1_",
        "us-east-1_a_b",
        "us-east-1_a-b",
        "evil.example/_a",
        "us-east-1@evil_a",
        "us-east-1_aB1\n",
        "üs-east-1_aB1",
        "us-east-1_" + "a" * 46,
        "-" * 1_000_000,
    ],
)
def test_what_is_no_pool_id_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_pool_id(text)


def test_a_region_that_is_none_of_aws_s_needs_an_endpoint() -> None:
    pool_id = parse_pool_id("local_aB1")

    with pytest.raises(SettingsError, match="endpoint"):
        pool_endpoint(pool_id, None, fips=False, dual_stack=False)

    assert (
        pool_endpoint(pool_id, "http://localhost:9229/", fips=False, dual_stack=False)
        == "http://localhost:9229"
    )


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://pool.example.com",
        "https://pool.example.com/under/a/path",
        "http://localhost",
        "http://pool.localhost:80",
        "http://127.0.0.1:9229",
        "http://127.8.9.1",
        "http://[::1]:9229",
    ],
)
def test_an_endpoint_of_one_s_own_is_https_or_this_machine(endpoint: str) -> None:
    assert pool_endpoint(parse_pool_id("eu-west-1_a"), endpoint, fips=False, dual_stack=False) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://pool.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.example.com.4",
        "http://0.0.0.0",
        "http://192.168.0.1",
        "ftp://localhost",
        "pool.example.com",
        "https://",
        "https://alice@pool.example.com",
        "https://pool.example.com/?a=b",
        "https://pool.example.com/#a",
        "https://pool.example.com:port",
        "https://[::1",
        "",
    ],
)
def test_any_other_address_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError):
        pool_endpoint(parse_pool_id("eu-west-1_a"), endpoint, fips=False, dual_stack=False)


@pytest.mark.parametrize(
    "switches", [{"fips": True, "dual_stack": False}, {"fips": False, "dual_stack": True}]
)
def test_an_endpoint_of_one_s_own_has_no_other_forms(switches: dict[str, bool]) -> None:
    with pytest.raises(SettingsError):
        pool_endpoint(parse_pool_id("eu-west-1_a"), "https://pool.example.com", **switches)


def test_the_issuer_is_the_ordinary_address_with_the_pool_s_id() -> None:
    # guide: the issuer of a pool in China ends in .com.cn, which pycognito gets wrong.
    assert pool_issuer(parse_pool_id("cn-north-1_a"), None) == (
        "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a"
    )
    assert pool_issuer(parse_pool_id("eu-west-1_a"), "http://localhost:9229/") == (
        "http://localhost:9229/eu-west-1_a"
    )
