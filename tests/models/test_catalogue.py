import re

import pytest

from codegen.errors import UsageError
from codegen.models.catalogue import default_entry, entries, lookup
from codegen.prompt.families import FAMILIES


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_every_entry_is_complete(entry):
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert re.fullmatch(r"[0-9a-f]{40}", entry.revision)
    assert entry.bytes > 100_000_000
    assert entry.family in {family.name for family in FAMILIES}
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", entry.repo)
    assert re.fullmatch(r"[\w.-]+\.gguf", entry.file)
    assert entry.licence
    assert entry.licence_url.startswith("https://")
    assert lookup(entry.name) is entry
    assert 0 < entry.measured.exact_lines < 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry.measured.date)


def test_names_files_and_hashes_are_unique():
    for values in zip(*((e.name, e.file, e.sha256) for e in entries()), strict=True):
        assert len(set(values)) == len(values)


def test_one_entry_is_the_default():
    assert [entry.name for entry in entries() if entry.default] == ["qwen2.5-coder-0.5b"]
    assert default_entry().name == "qwen2.5-coder-0.5b"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("qwen2.5-coder-0.5", "did you mean qwen2.5-coder-0.5b"),
        ("Qwen2.5-Coder-1.5B", "did you mean qwen2.5-coder-1.5b"),
        ("gpt", "there are qwen2.5-coder-0.5b, qwen2.5-coder-1.5b"),
        ("", "there are"),
    ],
)
def test_an_unknown_name_gets_near_ones(name, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        lookup(name)
