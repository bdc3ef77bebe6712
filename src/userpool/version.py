"""The version of this library: one line, so that asking for it imports nothing else."""

from typing import Final

__all__ = ["__version__"]

__version__: Final = "0.1.0"
