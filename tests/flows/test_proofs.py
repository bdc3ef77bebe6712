"""What a proof says; whether it proves anything is judged by the server in test_srp.py and test_devices.py."""

from __future__ import annotations

import pytest

from userpool.crypto.srp import SrpIdentity, client_ephemeral
from userpool.errors import GarbledAnswerError
from userpool.flows.proofs import proof, required

ASKED = {"SRP_B": "a" * 64, "SALT": "1f", "SECRET_BLOCK": "c2VhbGVk"}


def test_a_proof_gives_back_the_block_and_tells_the_time() -> None:
    said = proof(
        ASKED,
        identity=SrpIdentity("pool", "alice"),
        password="pw",
        ephemeral=client_ephemeral(b"a" * 32),
        now=1_546_322_769.0,
    )

    assert said["PASSWORD_CLAIM_SECRET_BLOCK"] == "c2VhbGVk"
    assert said["TIMESTAMP"] == "Tue Jan 1 06:06:09 UTC 2019"
    assert set(said) == {"PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"}


def test_what_a_proof_cannot_do_without_is_named() -> None:
    assert required(ASKED, "SALT") == "1f"
    with pytest.raises(GarbledAnswerError, match="USERNAME"):
        required(ASKED, "USERNAME")
