import pytest

from codegen.local.model import LocalModel
from codegen.prompt.families import recognise
from tests.session.paced import PacedBackend
from tests.session.typist import Desk


@pytest.fixture
def model(tokenizer, vocabulary):
    """Makes a model that writes what a function returns for the text around the cursor."""

    def make(write):
        said = (lambda *_: write) if isinstance(write, str) else write
        return LocalModel(
            name="scripted",
            backend=PacedBackend(tokenizer, said),
            tokenizer=tokenizer,
            vocabulary=vocabulary,
            family=recognise(tokenizer.special_ids),
            device="cpu",
        )

    return make


@pytest.fixture
def desk(model):
    """Makes a desk whose model writes a text, or what a function returns."""
    return lambda write="first + second", **settings: Desk(model(write), **settings)
