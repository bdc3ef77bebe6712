"""What an authenticator app is shown, read by pyotp and by whoever reads addresses."""

from __future__ import annotations

import struct
import sys
import zlib
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

import pyotp
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from pyotp.totp import TOTP

from userpool.errors import SettingsError
from userpool.otpauth import TotpSetup, otpauth_uri

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW"
SETUP = TotpSetup(SECRET, "alice@example.com")


def test_the_address_is_written_in_full() -> None:
    uri = otpauth_uri("JBSWY3DP", account="alice@example.com", issuer="Kites & Co")

    assert uri == (
        "otpauth://totp/Kites%20%26%20Co:alice%40example.com?secret=JBSWY3DP&issuer=Kites%20%26%20Co"
    )


def test_another_implementation_makes_the_same_codes_of_it() -> None:
    read = pyotp.parse_uri(SETUP.uri(issuer="Kites & Co"))

    assert isinstance(read, TOTP)
    assert (read.issuer, read.name, read.secret) == ("Kites & Co", "alice@example.com", SECRET)
    assert (read.digits, read.interval) == (6, 30)
    assert read.at(1_767_268_800) == TOTP(SECRET).at(1_767_268_800)


@given(
    account=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    issuer=st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":"), min_size=1),
)
def test_every_name_comes_out_as_it_went_in(account: str, issuer: str) -> None:
    parts = urlsplit(otpauth_uri("JBSWY3DP", account=account, issuer=issuer))
    shown_issuer, _, shown_account = parts.path.removeprefix("/").partition(":")

    assert (unquote(shown_issuer), unquote(shown_account)) == (issuer, account)
    assert parse_qs(parts.query, strict_parsing=True) == {"secret": ["JBSWY3DP"], "issuer": [issuer]}


def test_a_secret_is_taken_as_people_write_it() -> None:
    assert "secret=JBSWY3DP&" in otpauth_uri("jbsw y3dp====", account="a", issuer="b")


@pytest.mark.parametrize(
    ("secret", "account", "issuer"),
    [("", "a", "b"), (" =", "a", "b"), ("JBSW", "", "b"), ("JBSW", "a", ""), ("JBSW", "a", "b:c")],
)
def test_what_no_app_could_read_is_refused(secret: str, account: str, issuer: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        otpauth_uri(secret, account=account, issuer=issuer)

    assert "JBSW" not in str(refusal.value)


def test_the_account_can_be_called_otherwise() -> None:
    assert "/Kites:Alice%20A.?" in SETUP.uri(issuer="Kites", account="Alice A.")


def test_the_secret_is_not_shown() -> None:
    assert repr(SETUP) == "TotpSetup(account='alice@example.com')"


def test_a_png_holds_the_dots_of_the_address() -> None:
    expected = segno.make_qr(SETUP.uri(issuer="Kites"))

    dots = pixels(SETUP.qr_png(issuer="Kites", scale=1))

    # A border of four dots belongs to the code.
    assert [row[4:-4] for row in dots[4:-4]] == [
        "".join("#" if dot else "." for dot in row) for row in expected.matrix
    ]


def test_a_terminal_shows_the_same_dots() -> None:
    dots = pixels(SETUP.qr_png(issuer="Kites", scale=1))
    shown = SETUP.qr_terminal(issuer="Kites").splitlines()

    halves = {"█": "..", "▀": ".#", "▄": "#.", " ": "##"}
    upper = ["".join(halves[character][0] for character in line) for line in shown]
    assert [row for row in dots[::2] if row.strip(".")] == [row for row in upper if row.strip(".")]


def test_an_svg_is_one_element_with_a_light_ground() -> None:
    element = ET.fromstring(SETUP.qr_svg(issuer="Kites"))  # noqa: S314 - Our own text.

    assert element.tag == "{http://www.w3.org/2000/svg}svg"
    assert "white" in SETUP.qr_svg(issuer="Kites") or "#fff" in SETUP.qr_svg(issuer="Kites")


def test_whoever_has_no_segno_is_told_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)

    with pytest.raises(SettingsError, match=r"userpool\[qr\]"):
        SETUP.qr_svg(issuer="Kites")


def pixels(png: bytes) -> list[str]:
    """Read a PNG of one bit per dot and no filters: a text per line, with a hash where it is dark."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (1, 0)
    data, place = b"", 8
    while place < len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + size]
        place += size + 12
    lines = zlib.decompress(data)
    step = (width + 7) // 8 + 1
    rows = [lines[step * row + 1 : step * (row + 1)] for row in range(height)]
    return ["".join(f"{byte:08b}" for byte in row)[:width].translate({48: "#", 49: "."}) for row in rows]
