"""One server for all tests of a client, and a document of each test's own."""

import functools
import itertools

import pytest

from tests.clients.forked import Forked
from tests.clients.imitations import connect
from tests.lsp.client import launching

numbers = itertools.count()


@pytest.fixture(scope="class")
def connected(request, tokenizer_file, tmp_path_factory):
    """The connection of the client that a class is about."""
    directory = tmp_path_factory.mktemp("client")
    with launching(tokenizer_file, directory, start=Forked) as launcher:
        client = launcher()
        connect(client, request.cls.kind)
        yield client


@pytest.fixture
def editor(request, connected):
    """Opens a source in which the cursor is marked; all that is asked there is to be answered."""
    connected.forget()
    yield functools.partial(request.cls.kind, connected, f"file:///client{next(numbers)}.py")
    connected.settle()
