"""Servers in processes of their own, for the tests that talk to one."""

import itertools

import pytest

from tests.clients.forked import Forked
from tests.lsp.client import launching

numbers = itertools.count()


@pytest.fixture
def launch(tokenizer_file, tmp_path):
    """For servers of one test's own, which begin at once."""
    with launching(tokenizer_file, tmp_path, start=Forked) as launcher:
        yield launcher


@pytest.fixture(scope="module")
def server(tokenizer_file, tmp_path_factory):
    """One process for a module's tests."""
    with launching(tokenizer_file, tmp_path_factory.mktemp("servers")) as launcher:
        client = launcher()
        client.begin()
        yield client


@pytest.fixture
def uri():
    """A document that no other test knows."""
    return f"file:///somewhere/file{next(numbers)}.py"
