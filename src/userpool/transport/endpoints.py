"""Where a user pool or an identity pool lives: region, partition, endpoint and issuer, from its id.

Sources: the endpoint rules and the partitions in botocore's data for cognito-idp and cognito-identity (facts, as
of 1.44.5); js-sdk:CognitoUserPool (the form of a pool's id); api:GetId (that of an identity pool's).
"""

from __future__ import annotations

from typing import Final

from userpool.errors import SettingsError
from userpool.values import Value

__all__ = [
    "Place",
    "PoolId",
    "checked_address",
    "identity_endpoint",
    "identity_region",
    "parse_pool_id",
    "pool_endpoint",
    "pool_issuer",
]

_LONGEST_POOL_ID: Final = 55
_LOOPBACK_NAMES: Final = frozenset({"localhost", "::1"})

# Region prefix -> (domain of the partition, domain of its dual-stack endpoints). The public partition comes
# last.
_PARTITIONS: Final = (
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-gov-", "amazonaws.com", "api.aws"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("", "amazonaws.com", "api.aws"),
)
# The rule set names these four: their FIPS endpoints answer IPv6 under the ordinary domain.
_FIPS_DUAL_STACK_ON_DEFAULT_DOMAIN: Final = frozenset({"us-east-1", "us-east-2", "us-west-1", "us-west-2"})


class PoolId(Value, frozen=True):
    """A user pool's id: ``us-east-1_aB12cDe34`` has the region ``us-east-1`` and the name ``aB12cDe34``."""

    text: str
    region: str
    name: str


class Place(Value, frozen=True):
    """Where a pool is: its id, the address of its service, and what its tokens name as their issuer."""

    pool_id: PoolId
    endpoint: str
    issuer: str


def parse_pool_id(text: str) -> PoolId:
    """Take a user pool's id apart.

    Raises:
        SettingsError: it does not have the form of an id.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        # Most likely an environment variable that isn't set.
        raise SettingsError("The user pool id is a text such as us-east-1_aB12cDe34.")
    region, _, name = text.partition("_")
    # Both become parts of an address, so nothing but the characters of an id may be in them.
    well_formed = text.isascii() and len(text) <= _LONGEST_POOL_ID and name.isalnum()
    if not well_formed or not region.replace("-", "").isalnum():
        raise SettingsError("A user pool id looks like us-east-1_aB12cDe34.")
    return PoolId(text=text, region=region, name=name)


def pool_endpoint(pool_id: PoolId, override: str | None, *, fips: bool, dual_stack: bool) -> str:
    """Return the address of the service, without a slash at its end: the given one, or AWS's own.

    Raises:
        SettingsError: the override is not a safe address or contradicts the switches, or the region is none
            of AWS's.
    """
    return _endpoint("cognito-idp", pool_id.region, override, fips=fips, dual_stack=dual_stack)


def pool_issuer(pool_id: PoolId, override: str | None) -> str:
    """Return what the pool's tokens name as their issuer: AWS's ordinary address, or the given one."""
    address = _endpoint("cognito-idp", pool_id.region, override, fips=False, dual_stack=False)
    return f"{address}/{pool_id.text}"


def identity_region(identity_pool_id: str) -> str:
    """Return the region of an identity pool, such as ``us-east-1:0f3c2c1e-5f66-4bd2-9a0c-3f2b1d7c9e55``.

    Raises:
        SettingsError: it does not have the form of an id.
    """
    if not isinstance(identity_pool_id, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise SettingsError(
            "The identity pool id is a text such as us-east-1:0f3c2c1e-5f66-4bd2-9a0c-3f2b1d7c9e55."
        )
    region, _, name = identity_pool_id.partition(":")
    well_formed = identity_pool_id.isascii() and len(identity_pool_id) <= _LONGEST_POOL_ID
    if not well_formed or not region.replace("-", "").isalnum() or not name.replace("-", "").isalnum():
        raise SettingsError("An identity pool id looks like us-east-1:0f3c2c1e-5f66-4bd2-9a0c-3f2b1d7c9e55.")
    return region


def identity_endpoint(region: str, override: str | None, *, fips: bool, dual_stack: bool) -> str:
    """Return the address of the service for identity pools, as `pool_endpoint` does for user pools."""
    return _endpoint("cognito-identity", region, override, fips=fips, dual_stack=dual_stack)


def _endpoint(service: str, region: str, override: str | None, *, fips: bool, dual_stack: bool) -> str:
    if override is None:
        return _aws_endpoint(service, region, fips=fips, dual_stack=dual_stack)
    if fips or dual_stack:
        raise SettingsError(
            "use_fips= and use_dual_stack= choose an endpoint of AWS, and endpoint= another one."
        )
    return checked_address(override, argument="endpoint")


def _aws_endpoint(service: str, region: str, *, fips: bool, dual_stack: bool) -> str:
    words = region.split("-")
    if len(words) < 3 or not words[-1].isdigit() or not all(word.isalpha() for word in words[:-1]):
        raise SettingsError(f"{region!r} is not an AWS region; a pool that is not at AWS needs endpoint=.")
    prefix, domain, dual_stack_domain = next(row for row in _PARTITIONS if region.startswith(row[0]))
    host = f"{service}-fips" if fips else service
    if dual_stack and not _dual_stack_on_default_domain(region, in_public_partition=not prefix, fips=fips):
        domain = dual_stack_domain
    return f"https://{host}.{region}.{domain}"


def checked_address(address: str, *, argument: str) -> str:
    """Return an address without a slash at its end, if it is a safe one; ``argument`` names it in the error.

    Raises:
        SettingsError: it is none, or it is neither https nor on this machine.
    """
    # Passwords and tokens travel to it, or keys come from it: so it has to be https, unless on this very machine.
    from urllib.parse import urlsplit  # noqa: PLC0415 - most pools are at AWS and need no address taken apart

    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"{argument}= is not an address.") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise SettingsError(
            f"{argument}= is an address such as https://pool.example.com or http://localhost:9229."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise SettingsError(f"{argument}= has no user name, query or fragment.")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise SettingsError(
            f"{argument}= must be https: passwords and tokens travel to it. Only this machine may use http."
        )
    return address.rstrip("/")


def _dual_stack_on_default_domain(region: str, *, in_public_partition: bool, fips: bool) -> bool:
    return region in _FIPS_DUAL_STACK_ON_DEFAULT_DOMAIN if fips else in_public_partition


def _is_this_machine(host: str) -> bool:
    numbers = host.split(".")
    in_loopback_network = len(numbers) == 4 and numbers[0] == "127" and all(map(str.isdigit, numbers))
    return host in _LOOPBACK_NAMES or host.endswith(".localhost") or in_loopback_network
