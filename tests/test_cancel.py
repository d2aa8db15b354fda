import threading

import pytest

from codegen.cancel import CancelToken
from codegen.errors import CancelledError, EngineError


@pytest.fixture
def token():
    return CancelToken()


@pytest.fixture
def calls():
    return []


def test_nothing_happens_unasked(token, calls):
    with token.on_cancel(lambda: calls.append(1)):
        token.check()
    assert not token.cancelled
    assert calls == []


def test_before(token, calls):
    token.cancel()
    with token.on_cancel(lambda: calls.append(1)):
        assert calls == [1]
    assert calls == [1]


def test_while(token, calls):
    with token.on_cancel(lambda: calls.append(1)):
        token.cancel()
        assert calls == [1]
        token.cancel()
    assert calls == [1]


def test_after(token, calls):
    with token.on_cancel(lambda: calls.append(1)):
        pass
    token.cancel()
    assert calls == []


def test_check_raises(token):
    token.cancel()
    token.cancel()
    assert token.cancelled
    with pytest.raises(CancelledError):
        token.check()
    assert issubclass(CancelledError, EngineError)


def test_nested(token, calls):
    with token.on_cancel(lambda: calls.append("outer")):
        with token.on_cancel(lambda: calls.append("ended")):
            pass
        with token.on_cancel(lambda: calls.append("inner")):
            token.cancel()
        assert sorted(calls) == ["inner", "outer"]
    assert sorted(calls) == ["inner", "outer"]


def test_the_same_interrupt_twice(token, calls):
    def interrupt():
        calls.append(1)

    with token.on_cancel(interrupt):
        with token.on_cancel(interrupt):
            pass
        token.cancel()
    assert calls == [1]


def test_a_block_that_raises_is_left(token, calls):
    with pytest.raises(ZeroDivisionError), token.on_cancel(lambda: calls.append(1)):
        raise ZeroDivisionError
    token.cancel()
    assert calls == []


def test_an_interrupt_may_ask_the_token(token, calls):
    with token.on_cancel(lambda: calls.append(token.cancelled)):
        token.cancel()
    assert calls == [True]


def test_many_threads_interrupt_once():
    for _ in range(50):
        token, calls = CancelToken(), []
        start = threading.Barrier(5)

        def cancel(token=token, start=start):
            start.wait()
            token.cancel()

        threads = [threading.Thread(target=cancel) for _ in range(4)]
        for thread in threads:
            thread.start()
        start.wait()
        # Some threads cancel before the block is entered, some while it runs.
        with token.on_cancel(lambda calls=calls: calls.append(1)):
            for thread in threads:
                thread.join()
        assert calls == [1]
