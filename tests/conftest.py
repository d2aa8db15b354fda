"""A small tokenizer of the model's kind, made here, so that most tests need no model."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from codegen.prompt import tokenizer as product
from codegen.prompt.families import QWEN25_CODER
from codegen.prompt.healing import Vocabulary
from tests.real_model import loaded  # noqa: F401 - fixtures of several directories
from tests.tiny_model import tiny  # noqa: F401

# Source: the pre_tokenizer of Qwen2.5-Coder's tokenizer.json.
QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# As in a vocabulary that is filled up to the length of the model's logits.
PADDING = "[PAD0]"

TRAINING_BYTES = 1_500_000

# How long an example takes depends on who else works on the machine.
settings.register_profile("codegen", deadline=None)
settings.load_profile("codegen")


# Where boxes run: what one of them may use isn't measured beside another.
_BOXES = ("eval/judge", "eval/mine", "eval/sandbox", "eval/selftest")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keeps together what shares fixtures: the tests of a file, of boxes, of the real model."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        group = "boxes" if place.startswith(_BOXES) else place
        if item.get_closest_marker("model"):
            group = "model"
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory) -> Path:
    """A tokenizer.json of some 3,000 tokens, trained on the standard library's sources."""
    texts, size = [], 0
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        texts.append(path.read_text(encoding="utf-8"))
        size += len(texts[-1])
        if size > TRAINING_BYTES:
            break
    library = Tokenizer(models.BPE())
    library.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    library.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=3000, initial_alphabet=alphabet, show_progress=False)
    library.train_from_iterator(texts, trainer)
    library.add_special_tokens(list(QWEN25_CODER.marks))
    end = QWEN25_CODER.stop[0]
    library.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", special_tokens=[(end, library.token_to_id(end))]
    )
    content = json.loads(library.to_str())
    content["model"]["vocab"][PADDING] = library.get_vocab_size()
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tokenizer(tokenizer_file) -> product.Tokenizer:
    return product.Tokenizer.load(tokenizer_file)


@pytest.fixture(scope="session")
def vocabulary(tokenizer) -> Vocabulary:
    return Vocabulary.of(tokenizer)
