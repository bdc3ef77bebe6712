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
    return run()


if __name__ == "__main__":
    sys.exit(main())
