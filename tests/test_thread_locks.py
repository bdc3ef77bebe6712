"""Locks among threads, in a process that forks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Event, Thread

import pytest

from userpool import UserPool
from userpool.thread_locks import ThreadLock
from userpool.transport.scripted import ScriptedTransport, grants

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    # Newer versions of Python warn of a fork beside threads, which is just what is tried.
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


def in_a_child(work: Callable[[], object]) -> bool:
    """Run work in a forked child and return whether it came to its end."""
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        # Whatever happens, the child must not go on with the tests.
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def take(lock: ThreadLock) -> None:
    with lock:
        pass


def test_whoever_holds_it_may_take_it_again_and_nobody_else() -> None:
    lock, taken = ThreadLock(), Event()

    def take_too() -> None:
        take(lock)
        taken.set()

    other = Thread(target=take_too)

    with lock, lock:
        other.start()
        assert not taken.wait(0.05)
    other.join()

    assert taken.is_set()


def test_a_forked_child_does_not_wait_for_a_thread_that_it_does_not_have() -> None:
    lock, held, over = ThreadLock(), Event(), Event()

    def hold() -> None:
        with lock:
            held.set()
            over.wait()

    other = Thread(target=hold)
    other.start()
    held.wait()

    assert in_a_child(lambda: take(lock))

    over.set()
    other.join()


def test_a_child_that_is_forked_by_its_holder_holds_it_too() -> None:
    lock = ThreadLock()

    with lock:
        assert in_a_child(lock.__exit__)


def test_a_pool_goes_on_in_a_child_that_is_forked_while_somebody_is_stored() -> None:
    writing, over = Event(), Event()

    class Slow(dict[str, str]):
        def update(self, *args: object, **more: str) -> None:
            writing.set()
            over.wait()

    transport = ScriptedTransport(grants("alice", expires_epoch=4e9))
    pool = UserPool("us-east-1_aB12cDe34", "7ghr", transport=transport, storage=Slow())
    other = Thread(target=lambda: pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"))
    other.start()
    writing.wait()

    assert in_a_child(pool.current_user)

    over.set()
    other.join()
