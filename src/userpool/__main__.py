"""`python -m userpool`, and the `userpool` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; tell how to get it where only the SDK is installed."""
    if sys.argv[1:2] == ["credentials"]:
        # The one command of the SDK's side: it needs nothing of the pool, and other programs wait for it.
        from userpool.credential_process import main as give_credentials

        return give_credentials(sys.argv[2:])
    try:
        from userpool.server.command_line import main as run

        return run(run_demo=_run_demo)
    except ModuleNotFoundError as error:
        if (error.name or "userpool").partition(".")[0] == "userpool":
            raise
        needed = 'pip install "userpool[server]"'
        print(f"userpool: {error.name} is missing; install the pool with: {needed}", file=sys.stderr)
        return 2


def _run_demo(plain: bool) -> int:  # noqa: FBT001  # One flag, of the command line.
    from userpool.demo import run_demo

    return run_demo(plain=plain)


if __name__ == "__main__":
    sys.exit(main())
