"""What threat protection is told."""

from __future__ import annotations

from userpool import UserContext


def test_what_a_browser_told_is_not_shown() -> None:
    context = UserContext(
        ip_address="203.0.113.7", encoded_data="a fingerprint", http_headers=(("Cookie", "a session"),)
    )

    assert repr(context) == "UserContext(ip_address='203.0.113.7', server_name='', server_path='')"
