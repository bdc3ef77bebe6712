"""SRP, both sides: against the JavaScript SDK, against the bare formulas, and against each other."""

from __future__ import annotations

import email.utils
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.crypto import srp
from userpool.crypto.modular import Arithmetic, power_of_generator
from userpool.crypto.srp import Ephemeral, N, SrpError, SrpIdentity, TimestampError
from userpool.effects import FixedEffects

ALICE = SrpIdentity("TestPool1", "alice")
PASSWORD = "Correct horse 1!"
SALT = bytes.fromhex("00ab12cd34ef56789000000000000000")

# What no honest client sends, though each of them fits the field: A or B must not be a multiple of N.
MULTIPLES_OF_N = [0, N, 2 * N]


def ephemeral_of(secret: int) -> Ephemeral:
    return Ephemeral(secret, power_of_generator(secret))


# ---- against other people ----


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_client_agrees_with_the_javascript_sdk(
    arithmetic: Arithmetic, vectors: Callable[[str], Any], index: int
) -> None:
    recorded = vectors("srp")
    vector = recorded["vectors"][index]
    identity = SrpIdentity(vector["pool_name"], vector["user_id"])
    client = ephemeral_of(int(vector["a"], 16))
    salt = srp.parse_hex(vector["salt"])
    verifier = srp.make_verifier(identity, vector["password"], salt=salt.to_bytes(16, "big"), mask=None)
    server = srp.server_ephemeral(verifier, bytes.fromhex(vector["b"]))

    key = srp.client_key(client, server.public, identity=identity, password=vector["password"], salt=salt)
    signature = srp.claim_signature(
        key,
        identity,
        secret_block=f"secret-block-{vector['user_id']}".encode(),
        timestamp=recorded["timestamp"],
    )

    assert sha256(client.public_hex.encode()).hexdigest() == vector["sha256_of_A_hex"]
    assert f"{srp.scrambler(client.public, server.public):x}" == vector["u"]
    assert key.hex() == vector["key"]
    assert b64encode(signature).decode() == vector["signature"]
    assert srp.server_key(server, client.public, verifier=verifier) == key


def test_the_multiplier_is_the_one_that_every_cognito_client_has() -> None:
    assert f"{srp.K:x}" == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"


# ---- against the formulas ----


def test_random_sign_ins_agree_with_the_formulas(arithmetic: Arithmetic, formulas: Any) -> None:
    effects = FixedEffects(seed=3)
    lengths, top_bits = set(), set()

    for round_ in range(60 if arithmetic.constant_time else 20):
        a, b = effects.random_bytes(32), effects.random_bytes(32)
        salt = bytes(round_ % 3) + effects.random_bytes(16 - round_ % 3)
        password = effects.random_bytes(round_).hex() + "é"
        salt_number = formulas.number(salt)
        x = formulas.x("TestPool1", "alice", password, salt_number)
        A, v = pow(2, formulas.number(a), N), pow(2, x, N)  # noqa: N806
        B = formulas.B(v, formulas.number(b))  # noqa: N806
        u = formulas.u(A, B)
        expected = formulas.key(u, formulas.client_S(formulas.number(a), B, u, x))

        client = srp.client_ephemeral(a)
        verifier = srp.make_verifier(ALICE, password, salt=salt, mask=effects.random_bytes(40))
        server = srp.server_ephemeral(verifier, b)

        assert (client.public, verifier, server.public) == (A, v, B)
        assert expected == srp.client_key(client, B, identity=ALICE, password=password, salt=salt_number)
        assert expected == srp.server_key(server, A, verifier=v)
        lengths |= {len(client.public_hex), len(server.public_hex)}
        top_bits |= {number >> 3071 for number in (A, B)}

    # Numbers with an odd number of digits, and with the top bit set and not, were among them.
    assert {767, 768} <= lengths
    assert top_bits == {0, 1}


def test_the_server_of_the_formulas_accepts_our_client(arithmetic: Arithmetic, formulas: Any) -> None:
    client = srp.client_ephemeral(bytes(range(32)))
    v = pow(2, formulas.x("TestPool1", "alice", PASSWORD, 77), N)
    B = formulas.B(v, 2**255 + 7)  # noqa: N806

    key = srp.client_key(client, B, identity=ALICE, password=PASSWORD, salt=77)

    u = formulas.u(client.public, B)
    assert key == formulas.key(u, formulas.server_S(2**255 + 7, client.public, u, v))


def test_thousands_of_hashes_agree_with_the_formulas(formulas: Any) -> None:
    effects = FixedEffects(seed=5)

    for round_ in range(2000):
        # Every length down to one byte, so that leading zeros and set top bits come in all places.
        A, B, S = (  # noqa: N806
            formulas.number(effects.random_bytes(384 - round_ % 384)) + 1 for _ in range(3)
        )
        password, salt = effects.random_bytes(8).hex(), formulas.number(effects.random_bytes(round_ % 17))
        u = formulas.u(A, B)

        assert srp.scrambler(A, B) == u
        assert srp.derived_key(u, S) == formulas.key(u, S)
        x = formulas.x("TestPool1", "alice", password, salt)
        assert srp.private_exponent(ALICE, password, salt=salt) == x


# ---- against each other ----


def test_both_sides_come_to_the_same_key(arithmetic: Arithmetic) -> None:
    verifier = srp.make_verifier(ALICE, PASSWORD, salt=SALT, mask=None)
    client = srp.client_ephemeral(b"a" * 32)
    server = srp.server_ephemeral(verifier, b"b" * 32)

    mine = srp.client_key(
        client, server.public, identity=ALICE, password=PASSWORD, salt=srp.parse_hex(SALT.hex())
    )
    theirs = srp.server_key(server, srp.parse_hex(client.public_hex), verifier=verifier)

    assert mine == theirs
    assert len(mine) == 16


@pytest.mark.parametrize(
    ("identity", "password"),
    [
        (ALICE, "correct horse 1!"),
        (ALICE, ""),
        (SrpIdentity("TestPool1", "bob"), PASSWORD),
        (SrpIdentity("TestPool2", "alice"), PASSWORD),
    ],
)
def test_whoever_knows_something_else_comes_to_another_key(
    arithmetic: Arithmetic, identity: SrpIdentity, password: str
) -> None:
    verifier = srp.make_verifier(ALICE, PASSWORD, salt=SALT, mask=None)
    client = srp.client_ephemeral(b"a" * 32)
    server = srp.server_ephemeral(verifier, b"b" * 32)

    mine = srp.client_key(
        client, server.public, identity=identity, password=password, salt=int.from_bytes(SALT, "big")
    )

    assert mine != srp.server_key(server, client.public, verifier=verifier)


def test_the_salt_is_a_number_on_both_sides(arithmetic: Arithmetic) -> None:
    salts = [bytes.fromhex("0000" + "ab" * 14), bytes.fromhex("ab" * 14), bytes.fromhex("00" * 9 + "ab" * 14)]

    verifiers = {srp.make_verifier(ALICE, PASSWORD, salt=salt, mask=None) for salt in salts}

    assert len(verifiers) == 1


def test_the_same_srp_a_is_answered_with_another_srp_b() -> None:
    effects = FixedEffects()
    verifier = srp.make_verifier(ALICE, PASSWORD, salt=SALT, mask=None)

    answers = {srp.server_ephemeral(verifier, effects.random_bytes(32)).public for _ in range(5)}

    assert len(answers) == 5


def test_a_mask_does_not_change_the_verifier(arithmetic: Arithmetic) -> None:
    masked = srp.make_verifier(ALICE, PASSWORD, salt=SALT, mask=b"m" * 40)

    assert masked == srp.make_verifier(ALICE, PASSWORD, salt=SALT, mask=None)


def test_every_part_of_the_claim_is_signed() -> None:
    key, block, timestamp = b"k" * 16, b"block", "Tue Jan 1 06:06:09 UTC 2019"
    signature = srp.claim_signature(key, ALICE, secret_block=block, timestamp=timestamp)

    others = [
        srp.claim_signature(b"K" * 16, ALICE, secret_block=block, timestamp=timestamp),
        srp.claim_signature(key, ALICE._replace(user_id="bob"), secret_block=block, timestamp=timestamp),
        srp.claim_signature(key, ALICE._replace(pool_name="Other"), secret_block=block, timestamp=timestamp),
        srp.claim_signature(key, ALICE, secret_block=b"Block", timestamp=timestamp),
        srp.claim_signature(key, ALICE, secret_block=block, timestamp=timestamp.replace("09", "10")),
    ]

    assert len(signature) == 32
    assert signature not in others


def test_a_pool_is_named_by_what_stands_behind_its_region() -> None:
    assert SrpIdentity.in_pool("us-east-1_TestPool1", "alice") == ALICE


def test_secrets_are_not_shown() -> None:
    client = srp.client_ephemeral(b"\x01" * 32)

    assert str(client.secret) not in repr(client)


# ---- hostile values ----


@pytest.fixture
def no_powers(monkeypatch: pytest.MonkeyPatch) -> None:
    def power(*_: object) -> NoReturn:
        pytest.fail("something was computed with a value that should have been refused")

    monkeypatch.setattr(srp, "power", power)
    monkeypatch.setattr(srp, "power_of_generator", power)
    monkeypatch.setattr(srp, "power_of_generator_once", power)


@pytest.mark.parametrize("public", MULTIPLES_OF_N, ids=["0", "N", "2N"])
@pytest.mark.usefixtures("no_powers")
def test_a_server_computes_nothing_with_a_multiple_of_n(public: int) -> None:
    received = srp.parse_hex(f"{public:x}", what="SRP_A")

    with pytest.raises(SrpError, match="SRP_A"):
        srp.server_key(Ephemeral(5, 32), received, verifier=7)
    with pytest.raises(SrpError, match="SRP_A"):
        srp.check_client_public(received)


@pytest.mark.parametrize("public", MULTIPLES_OF_N, ids=["0", "N", "2N"])
@pytest.mark.usefixtures("no_powers")
def test_a_client_computes_nothing_with_a_multiple_of_n(public: int) -> None:
    received = srp.parse_hex(f"{public:x}", what="SRP_B")

    with pytest.raises(SrpError, match="SRP_B"):
        srp.client_key(Ephemeral(5, 32), received, identity=ALICE, password=PASSWORD, salt=1)


@pytest.mark.usefixtures("no_powers")
def test_neither_side_goes_on_when_u_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    class Zero:
        def __init__(self, data: bytes) -> None: ...

        def digest(self) -> bytes:
            return bytes(32)

    monkeypatch.setattr(srp, "sha256", Zero)

    with pytest.raises(SrpError, match="zero"):
        srp.server_key(Ephemeral(5, 32), 9, verifier=7)
    with pytest.raises(SrpError, match="zero"):
        srp.client_key(Ephemeral(5, 32), 9, identity=ALICE, password=PASSWORD, salt=1)


def test_an_honest_srp_a_passes() -> None:
    srp.check_client_public(1)
    srp.check_client_public(N + 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "g",
        "0x12",
        " 12",
        "12\n",
        "1_2",
        "-1",
        "+1",
        "\u0663",
        "\uff11",
        "12 34",
        "f" * 771,
        "0" * 771,
        "f" * 100_000,
    ],
)
def test_what_is_no_hexadecimal_number_is_refused(text: str) -> None:
    with pytest.raises(SrpError, match=r"^SRP_B is not a hexadecimal number") as caught:
        srp.parse_hex(text, what="SRP_B")

    assert len(str(caught.value)) < 100


@given(st.integers(0, 16**770 - 1))
def test_a_hexadecimal_number_is_read_whatever_its_length_and_case(number: int) -> None:
    for text in (f"{number:x}", f"{number:X}", f"{number:0770x}"):
        assert srp.parse_hex(text) == number


@pytest.mark.parametrize("data", [b"", b"\0", bytes(384), N.to_bytes(384, "big"), b"\xff" * 384, b"\1" * 386])
def test_a_verifier_outside_the_group_is_refused(data: bytes) -> None:
    with pytest.raises(SrpError, match="verifier"):
        srp.parse_verifier(data)


@pytest.mark.parametrize("number", [1, 2, N - 1])
def test_a_verifier_may_come_with_a_sign_byte(number: int) -> None:
    assert srp.parse_verifier(srp.signed_bytes(number)) == number
    assert srp.parse_verifier(number.to_bytes(385, "big")) == number


@pytest.mark.parametrize("size", [0, 31, 33])
def test_too_little_or_too_much_entropy_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        srp.client_ephemeral(bytes(size))
    with pytest.raises(ValueError, match="32 random bytes"):
        srp.server_ephemeral(5, bytes(size))


def test_half_a_character_is_refused_without_showing_the_password() -> None:
    password = "secret\ud800"

    with pytest.raises(SrpError) as caught:
        srp.private_exponent(ALICE, password, salt=1)

    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


# ---- TIMESTAMP ----


def test_the_timestamp_of_the_javascript_sdk() -> None:
    assert srp.format_timestamp(1546322769) == "Tue Jan 1 06:06:09 UTC 2019"


@given(st.floats(0, 253402300799))
def test_a_timestamp_is_read_back_as_the_second_it_was(seconds: float) -> None:
    assert srp.parse_timestamp(srp.format_timestamp(seconds)) == int(seconds)


@given(st.integers(0, 4_102_444_800))
def test_days_and_months_are_named_as_in_mail(seconds: int) -> None:
    # email.utils writes English names in every locale: "Tue, 01 Jan 2019 06:06:09 GMT".
    weekday, day, month, year, clock, _ = email.utils.formatdate(seconds, usegmt=True).split()

    text = srp.format_timestamp(seconds)

    assert text == f"{weekday[:3]} {month} {int(day)} {clock} UTC {year}"


@pytest.mark.parametrize("text", ["Thu Sep 05 10:00:00 UTC 2024", "Fri Sep 5 10:00:00 UTC 2024"])
def test_a_padded_day_and_a_wrong_weekday_are_timestamps_but_refused(text: str) -> None:
    with pytest.raises(TimestampError) as caught:
        srp.parse_timestamp(text)

    assert caught.value.well_formed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-09-05T10:00:00Z",
        "1725530400",
        "Thu Sep 5 10:00:00 GMT 2024",
        "Thu Sep 5 10:00:00 CEST 2024",
        "Thu Sep 5 10:00:00 2024",
        "Thu, Sep 5 10:00:00 UTC 2024",
        "Thu Sep 5 1:00:00 UTC 2024",
        "Thu Sep  5 10:00:00 UTC 2024",
        "Thu Sep 5 10:00:00 UTC 2024 ",
        "Thu Sep 5 10:00:00 UTC 2024\n",
        "Thu Sep 5 10:00:00 UTC 24",
        "Do Sep 5 10:00:00 UTC 2024",
        "Don Sep 5 10:00:00 UTC 2024",
        "Thu Okt 5 10:00:00 UTC 2024",
        "thu sep 5 10:00:00 utc 2024",
        "Thu September 5 10:00:00 UTC 2024",
        "Thu Sep \u0665 10:00:00 UTC 2024",
        "Thu Sep 31 10:00:00 UTC 2024",
        "Thu Feb 30 10:00:00 UTC 2024",
        "Thu Sep 0 10:00:00 UTC 2024",
        "Thu Sep 5 24:00:00 UTC 2024",
        "Thu Sep 5 10:60:00 UTC 2024",
        "Thu Sep 5 10:00:60 UTC 2024",
        "Thu Sep 5 10:00:00 UTC 0000",
        "x" * 100_000,
    ],
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(TimestampError) as caught:
        srp.parse_timestamp(text)

    assert not caught.value.well_formed


@given(st.text())
def test_garbage_raises_nothing_but_a_timestamp_error(text: str) -> None:
    with pytest.raises(TimestampError):
        srp.parse_timestamp(text)
