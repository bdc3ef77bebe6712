"""What every test may ask for: the kind of event loop, the pace of Hypothesis, a loud way to skip."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

import pytest
from hypothesis import settings

pytest_plugins = ["databases"]

# No deadline: the machines that run this share their cores, and a slow example is not a wrong one.
settings.register_profile("everyday", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio: the library is written for it, and for nothing else yet."""
    return "asyncio"


@pytest.fixture(scope="session")
def missing() -> Callable[[str, str], NoReturn]:
    """Give a function that skips because a part of the machine (`"postgres"`, `"chromium"`) is missing.

    Where USERPOOL_REQUIRE names the part (comma-separated; CI does), the test fails instead, so that nothing
    is skipped silently in the one place where everything must run.
    """
    required = {part.strip() for part in os.environ.get("USERPOOL_REQUIRE", "").split(",")}

    def stop(part: str, reason: str) -> NoReturn:
        if part in required:
            pytest.fail(f"{part} is required here: {reason}", pytrace=False)
        pytest.skip(f"{part} is missing: {reason}")

    return stop
