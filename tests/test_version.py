"""The version, which stands in two places."""

from __future__ import annotations

import tomllib
from pathlib import Path

import userpool
from userpool.version import __version__


def test_the_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__ == userpool.__version__
