"""How much of an address or a number is shown."""

from __future__ import annotations

import pytest

from userpool.server.rules.destinations import masked


@pytest.mark.parametrize(
    ("medium", "destination", "shown"),
    [
        ("EMAIL", "test@test.example", "t***@t***"),
        ("EMAIL", "a@b.example", "a***@b***"),
        ("EMAIL", "a.very.long.name@a.very.long.domain.example", "a***@a***"),
        ("SMS", "+15551234567", "+*******4567"),
        ("SMS", "+4917012345678", "+*********5678"),
        ("SMS", "+12345", "+*2345"),
        ("SMS", "+123", "+123"),
    ],
)
def test_a_destination_is_recognised_by_its_owner_alone(medium: str, destination: str, shown: str) -> None:
    assert masked(medium, destination) == shown
