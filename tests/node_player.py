"""A process of Node that plays scenes of tests/compat/js, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 60
"""How long a scene may take."""


class NodePlayer:
    """A process of Node that plays scenes; whatever of them takes too long ends it, and the next one starts another."""

    def __init__(self, node: str, play: Path, errors: Path) -> None:
        """Take where Node is, its program, and where errors are written."""
        self._command = [node, play]
        self._errors = errors
        self._process: subprocess.Popen[bytes] | None = None

    def play(self, scene: str, given: Mapping[str, Any]) -> Any:
        """Return what the scene returned."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"scene": scene, "given": given}).encode() + b"\n")
        process.stdin.flush()
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        try:
            line = process.stdout.readline()
        finally:
            limit.cancel()
        assert line, f"{scene} ended Node, or took a minute: {self._errors.read_text()}"
        told = json.loads(line)
        assert "failed" not in told, told["failed"]
        return told["seen"]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            with self._errors.open("wb") as errors:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    # A preloaded module of somebody's own is no part of this.
                    env={**os.environ, "NODE_OPTIONS": ""},
                )
        return self._process

    def end(self) -> None:
        """End the process, which there may be none of."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
