"""What isn't built yet, said in one way."""

from __future__ import annotations

from userpool.version import __version__
from userpool.wire.faults import UnsupportedOperationException


def not_built(what: str) -> UnsupportedOperationException:
    """Return the error for an operation or a feature that this release doesn't have."""
    return UnsupportedOperationException(f"{what} is not built yet in userpool {__version__}.")
