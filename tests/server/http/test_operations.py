"""Which coroutine answers which operation."""

from __future__ import annotations

import inspect
from importlib import import_module
from pkgutil import iter_modules

import pytest

from userpool.server import capabilities
from userpool.server.http.operations import BUILT, find_operation
from userpool.wire.operation import IDENTITY_PREFIX, USER_POOL_PREFIX
from userpool.wire.registry import IDENTITY_OPERATIONS, OPERATIONS, operation_for_target

TARGETS = [f"{USER_POOL_PREFIX}.{name}" for name in OPERATIONS]
TARGETS += [f"{IDENTITY_PREFIX}.{name}" for name in IDENTITY_OPERATIONS]


@pytest.mark.parametrize("target", TARGETS)
def test_an_operation_is_answered_by_a_coroutine_of_its_name_or_by_none(target: str) -> None:
    operation = operation_for_target(target)

    run = find_operation(operation)

    if run is None:
        return
    assert inspect.iscoroutinefunction(run)
    assert run.__name__ == operation.snake_name
    assert list(inspect.signature(run).parameters) == ["context", "request"]


def test_the_main_job_is_built() -> None:
    names = ["CreateUserPool", "CreateUserPoolClient", "SignUp", "ConfirmSignUp", "InitiateAuth", "GetUser"]

    found = [find_operation(operation_for_target(f"{USER_POOL_PREFIX}.{name}")) for name in names]

    assert None not in found


@pytest.mark.parametrize("name", IDENTITY_OPERATIONS)
def test_all_operations_of_identity_pools_are_built(name: str) -> None:
    assert find_operation(operation_for_target(f"{IDENTITY_PREFIX}.{name}")) is not None


def test_what_is_not_built_is_not_found() -> None:
    assert find_operation(operation_for_target(f"{USER_POOL_PREFIX}.StartWebAuthnRegistration")) is None


def test_every_capability_that_is_there_is_listed() -> None:
    there = {module.name for module in iter_modules(capabilities.__path__)}

    assert there == BUILT


@pytest.mark.parametrize("name", [f"userpool.server.capabilities.{name}" for name in sorted(BUILT)])
def test_a_capability_answers_operations_of_its_own_module_only(name: str) -> None:
    module = import_module(name)
    own = {
        operation_for_target(f"{prefix}.{operation}").snake_name
        for prefix, table in ((USER_POOL_PREFIX, OPERATIONS), (IDENTITY_PREFIX, IDENTITY_OPERATIONS))
        for operation, place in table.items()
        if place == name.rpartition(".")[2]
    }

    public = {
        function
        for function, value in vars(module).items()
        if inspect.iscoroutinefunction(value)
        and value.__module__.startswith(name)
        and not function.startswith("_")
    }

    assert public <= own
