"""What isn't built yet says so, by its name."""

from __future__ import annotations

from userpool.server.unbuilt import not_built
from userpool.version import __version__


def test_the_error_names_what_is_missing_and_the_release() -> None:
    fault = not_built("CreateGroup")

    assert fault.code == "UnsupportedOperationException"
    assert fault.message == f"CreateGroup is not built yet in userpool {__version__}."
    assert fault.status == 400
