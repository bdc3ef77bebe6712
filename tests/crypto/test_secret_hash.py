"""SECRET_HASH, against values that OpenSSL computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.crypto.secret_hash import secret_hash


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_hash_is_the_one_that_openssl_computes(vectors: Callable[[str], Any], index: int) -> None:
    vector = vectors("secret_hash")["vectors"][index]
    expected = vector.pop("secret_hash")

    assert secret_hash(vector.pop("username"), **vector) == expected


def test_another_name_gives_another_hash() -> None:
    hashes = {secret_hash(name, client_id="c", client_secret="s") for name in ("alice", "Alice", "alic")}

    assert len(hashes) == 3
