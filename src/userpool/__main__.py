"""`python -m userpool`, and the `userpool` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; tell how to get it where only the SDK is installed."""
    try:
        from userpool.server.command_line import main as run
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "userpool":
            raise
        print(
            f'userpool: {error.name} is missing; install the pool with: pip install "userpool[server]"',
            file=sys.stderr,
        )
        return 2
    return run(run_demo=_run_demo)


def _run_demo(plain: bool) -> int:  # noqa: FBT001  # One flag, of the command line.
    from userpool.demo import run_demo

    return run_demo(plain=plain)


if __name__ == "__main__":
    sys.exit(main())
