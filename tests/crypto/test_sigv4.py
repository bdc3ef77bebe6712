"""Signature Version 4, against botocore's own signer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.auth
import botocore.credentials
import pytest
from botocore.awsrequest import AWSRequest

from userpool.crypto.sigv4 import Credentials, sign_request

NOW = 1_767_225_661.0
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIAEXAMPLE", "another secret", "the session token")
RPC = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.AdminInitiateAuth",
}


@pytest.fixture
def as_botocore_signs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that signs the same request with botocore, and returns the Authorization."""

    def sign(
        url: str, *, headers: dict[str, str], body: bytes, credentials: Credentials, service: str
    ) -> str:
        moment = datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
        key = botocore.credentials.Credentials(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )
        request = AWSRequest(method="POST", url=url, data=body, headers=headers)
        botocore.auth.SigV4Auth(key, service, "eu-west-1").add_auth(request)
        return str(request.headers["Authorization"])

    return sign


def signed(
    url: str, *, headers: dict[str, str], body: bytes, credentials: Credentials, service: str
) -> dict[str, str]:
    return sign_request(
        method="POST",
        url=url,
        headers=headers,
        body=body,
        credentials=credentials,
        region="eu-west-1",
        service=service,
        now=NOW,
    )


@pytest.mark.parametrize("credentials", [KEY, TEMPORARY], ids=["lasting", "temporary"])
@pytest.mark.parametrize(
    "url",
    [
        "https://cognito-idp.eu-west-1.amazonaws.com/",
        "https://cognito-idp.eu-west-1.amazonaws.com:443/",
        "http://localhost:9229/",
        "http://[::1]:9229/",
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax%3A1%3Af/invocations",
        "https://lambda.eu-west-1.amazonaws.com/a//b/./c/../d~e/?Qualifier=live&A=1&A=0",
    ],
)
def test_the_signature_is_the_one_that_botocore_makes(
    as_botocore_signs: Any, url: str, credentials: Credentials
) -> None:
    request = {
        "headers": RPC,
        "body": b'{"UserPoolId":"x"}',
        "credentials": credentials,
        "service": "cognito-idp",
    }

    ours = signed(url, **request)

    assert ours["Authorization"] == as_botocore_signs(url, **request)


def test_spaces_in_a_header_are_signed_as_botocore_signs_them(as_botocore_signs: Any) -> None:
    url = "https://cognito-idp.eu-west-1.amazonaws.com/"
    request = {
        "headers": {**RPC, "X-Amz-Note": "  one   two  "},
        "body": b"",
        "credentials": KEY,
        "service": "cognito-idp",
    }

    assert signed(url, **request)["Authorization"] == as_botocore_signs(url, **request)


def test_a_date_and_a_session_token_travel_along() -> None:
    headers = signed("https://x.example/", headers=RPC, body=b"", credentials=TEMPORARY, service="lambda")

    assert headers["X-Amz-Date"] == "20260101T000101Z"
    assert headers["X-Amz-Security-Token"] == "the session token"
    assert headers["X-Amz-Target"] == RPC["X-Amz-Target"]


def test_a_header_that_proxies_change_is_not_signed() -> None:
    plain = signed("https://x.example/", headers=RPC, body=b"", credentials=KEY, service="lambda")
    more = {**RPC, "Cache-Control": "no-store", "User-Agent": "x", "Accept": "*/*"}

    headers = signed("https://x.example/", headers=more, body=b"", credentials=KEY, service="lambda")

    assert headers["Authorization"] == plain["Authorization"]
    assert headers["User-Agent"] == "x"


def test_what_is_signed_again_is_signed_anew() -> None:
    url = "https://x.example/"
    once = signed(url, headers=RPC, body=b"", credentials=TEMPORARY, service="lambda")

    again = signed(url, headers=once, body=b"", credentials=KEY, service="lambda")

    assert again == signed(url, headers=RPC, body=b"", credentials=KEY, service="lambda")


@pytest.mark.parametrize(
    "change", [{"body": b"x"}, {"url": "https://x.example/a"}, {"headers": {**RPC, "X-Amz-Target": "x"}}]
)
def test_any_other_request_has_another_signature(change: dict[str, Any]) -> None:
    request: dict[str, Any] = {"url": "https://x.example/", "headers": RPC, "body": b""}
    changed = {**request, **change}

    one = signed(**request, credentials=KEY, service="lambda")
    other = signed(**changed, credentials=KEY, service="lambda")

    assert one["Authorization"] != other["Authorization"]


def test_credentials_show_nothing_but_the_id_of_the_key() -> None:
    assert repr(TEMPORARY) == "Credentials(access_key_id='ASIAEXAMPLE')"
    assert f"{TEMPORARY}" == repr(TEMPORARY)
