"""The sign-in machine: its table, and that nothing happens beside it."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import pytest

from userpool.server.capabilities import sign_in
from userpool.server.capabilities.sign_in.machine import PASSING, TRANSITIONS, Event, State, turn
from userpool.server.capabilities.sign_in.operations import ANSWERS
from userpool.wire.faults import NotAuthorizedException

PAIRS = list(itertools.product(State, Event))


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_a_pair_leads_where_the_table_says_or_is_refused(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert turn(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(NotAuthorizedException) as caught:
        turn(state, event)
    assert caught.value.message == "Invalid session for the user."


def test_nothing_happens_after_the_end() -> None:
    assert [pair for pair in TRANSITIONS if pair[0] is State.SIGNED_IN] == []


def test_nothing_leads_back_to_the_start() -> None:
    assert State.START not in TRANSITIONS.values()


@pytest.mark.parametrize("state", set(State) - {State.START})
def test_every_state_is_reached_from_the_start(state: State) -> None:
    reached = {State.START}
    for _ in State:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}

    assert state in reached


@pytest.mark.parametrize("state", set(State) - {State.SIGNED_IN})
def test_every_state_leads_to_the_end(state: State) -> None:
    ending = {State.SIGNED_IN}
    for _ in State:
        ending |= {before for (before, _), after in TRANSITIONS.items() if after in ending}

    assert state in ending


def test_every_event_is_in_the_table() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_every_challenge_has_its_answer_and_every_answer_its_challenge() -> None:
    challenges = set(State) - {State.START, State.SIGNED_IN} - PASSING

    assert {challenge.value for challenge in challenges} == set(ANSWERS)


def test_every_event_is_turned_by_a_door_and_no_door_sets_a_state_by_hand() -> None:
    folder = Path(sign_in.__file__).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    doors = "\n".join(text for name, text in sources.items() if name != "machine.py")

    unused = [event.name for event in Event if f"Event.{event.name}" not in doors]

    assert unused == []
    assert calls_of("turn", doors) >= 3


def calls_of(name: str, source: str) -> int:
    """Return how many times a function is called in a source of several modules."""
    # Every `from __future__` has to stand first, and this is a text of several modules.
    tree = ast.parse(source.replace("from __future__ import annotations", ""))
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(tree)
    )
