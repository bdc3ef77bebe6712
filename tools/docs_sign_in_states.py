"""Write into docs/sign-in-states.md the drawing of the sign-in machine, from its own table of transitions.

python tools/docs_sign_in_states.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from generated_page import ROOT, deliver, with_section

from userpool.server.capabilities.sign_in.machine import TRANSITIONS, State

PAGE = ROOT / "docs" / "sign-in-states.md"


def main() -> int:
    """Write the page, or with --check tell whether it is current."""
    return deliver(PAGE, page(), description=__doc__)


def page() -> str:
    """Return the text of the whole page."""
    return with_section(PAGE, "states", ["```mermaid", *drawing(), "```"])


def drawing() -> Iterator[str]:
    """Yield the lines of a state diagram in Mermaid's language, from its dot to its ringed dot."""
    yield "stateDiagram-v2"
    for (before, event), after in TRANSITIONS.items():
        yield f"    {named(before)} --> {named(after)}: {event.value}"
    yield f"    {named(State.SIGNED_IN)} --> [*]"


def named(state: State) -> str:
    """Return what a state is called in the drawing."""
    return "[*]" if state is State.START else state.value


if __name__ == "__main__":
    sys.exit(main())
