"""Which flows a client may begin."""

from __future__ import annotations

import pytest

from userpool.server.rules.auth_flows import check_enabled, check_flows
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pool_clients import UserPoolClientType


def client(*flows: str) -> UserPoolClientType:
    """Return a client with these flows."""
    return UserPoolClientType(explicit_auth_flows=list(flows))


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH"])
def test_a_client_without_a_list_may_use_srp_refresh_and_custom_authentication(flow: str) -> None:
    check_enabled(UserPoolClientType(), flow)


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH"])
def test_a_client_without_a_list_may_not_send_passwords(flow: str) -> None:
    with pytest.raises(InvalidParameterException, match=f"^{flow} flow not enabled for this client$"):
        check_enabled(UserPoolClientType(), flow)


@pytest.mark.parametrize(
    "flow",
    ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"],
)
def test_a_list_allows_what_it_names_and_nothing_else(flow: str) -> None:
    check_enabled(client(f"ALLOW_{flow}"), flow)

    with pytest.raises(InvalidParameterException):
        check_enabled(client("ALLOW_REFRESH_TOKEN_AUTH"), flow)


def test_the_refresh_flow_can_be_left_out() -> None:
    with pytest.raises(
        InvalidParameterException, match=r"^REFRESH_TOKEN_AUTH flow not enabled for this client$"
    ):
        check_enabled(client("ALLOW_USER_SRP_AUTH"), "REFRESH_TOKEN")


def test_srp_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(InvalidParameterException, match=r"^USER_SRP_AUTH is not enabled for the client\.$"):
        check_enabled(client("ALLOW_USER_PASSWORD_AUTH"), "USER_SRP_AUTH")


def test_the_old_name_of_the_admin_flow_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(InvalidParameterException, match=r"^Auth flow not enabled for this client$"):
        check_enabled(client("ALLOW_USER_SRP_AUTH"), "ADMIN_NO_SRP_AUTH")


@pytest.mark.parametrize("allowed", ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
@pytest.mark.parametrize("flow", ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
def test_the_admin_flow_has_an_old_and_a_new_name(allowed: str, flow: str) -> None:
    check_enabled(client(allowed), flow)


@pytest.mark.parametrize(
    ("legacy", "flow"),
    [("CUSTOM_AUTH_FLOW_ONLY", "CUSTOM_AUTH"), ("USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH")],
)
def test_an_old_value_allows_its_flow_beside_srp_and_refresh(legacy: str, flow: str) -> None:
    check_enabled(client(legacy), flow)
    check_enabled(client(legacy), "REFRESH_TOKEN_AUTH")


def test_old_and_new_values_do_not_mix() -> None:
    with pytest.raises(InvalidParameterException):
        check_flows(["ADMIN_NO_SRP_AUTH", "ALLOW_USER_SRP_AUTH"])

    check_flows(["ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"])
    check_flows(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    check_flows([])
