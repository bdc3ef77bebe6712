"""What a transport carries."""

from __future__ import annotations

from userpool.transport import HttpReply, HttpRequest


def test_bodies_are_not_shown() -> None:
    request = HttpRequest(method="POST", url="https://example.com/", headers={}, body=b"the password")
    reply = HttpReply(status=200, headers={}, body=b"the token")

    assert "the password" not in repr(request)
    assert "the token" not in repr(reply)
    assert "https://example.com/" in repr(request)
