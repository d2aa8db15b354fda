import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import CorruptModelError
from codegen.prompt.families import QWEN25_CODER, recognise
from codegen.prompt.tokenizer import Tokenizer
from codegen.text import scalar

ANYTHING = st.text(st.characters(exclude_categories=()))

EXACT = {
    "accents that NFC would join": "cafe\u0301 = 1\n",
    "compatibility characters": "\ufb01 \u212b \u2460",
    "mixed newlines": "a\r\nb\rc\n\n\r\n",
    "NUL and other controls": "a\x00b\x1b[0m\x7f",
    "blanks": " \t \u00a0\u3000 x  ",
    "outside the basic plane": "\U0001f600\U0001f468\u200d\U0001f469",
    "nothing": "",
}


@pytest.mark.parametrize("text", EXACT.values(), ids=EXACT)
def test_gives_every_byte_back(tokenizer, text):
    assert tokenizer.decode_bytes(tokenizer.encode(text)) == text.encode()


@given(text=ANYTHING)
def test_gives_back_anything_but_surrogates(tokenizer, text):
    assert tokenizer.decode_bytes(tokenizer.encode(text)) == scalar(text).encode()


@given(text=ANYTHING)
def test_scalar_keeps_offsets(text):
    assert len(scalar(text)) == len(text)
    scalar(text).encode()


@pytest.mark.parametrize(
    ("text", "encoded"), [("a\ud800b", "a\ufffdb"), ("\udcff", "\ufffd"), ("\ud83d\ude00", "��")]
)
def test_lone_surrogates_are_replaced(tokenizer, text, encoded):
    assert tokenizer.encode(text) == tokenizer.encode(encoded)


@pytest.mark.parametrize("mark", QWEN25_CODER.marks)
def test_a_mark_in_a_file_is_text(tokenizer, mark):
    text = f'TOKEN = "{mark}"\n'
    ids = tokenizer.encode(text)
    assert not set(ids) & set(tokenizer.special_ids.values())
    assert tokenizer.decode_bytes(ids) == text.encode()


def test_keeps_the_special_ids(tokenizer):
    assert set(tokenizer.special_ids) == set(QWEN25_CODER.marks)
    assert recognise(tokenizer.special_ids).family is QWEN25_CODER


def test_what_is_no_text_has_no_bytes(tokenizer, tokenizer_file):
    vocabulary = json.loads(tokenizer_file.read_text())["model"]["vocab"]
    beyond = max(vocabulary.values()) + 100
    for id_ in (*tokenizer.special_ids.values(), vocabulary["[PAD0]"], beyond):
        assert tokenizer.token_bytes(id_) == b""


def test_spellings_are_the_tokens_with_bytes(tokenizer):
    spellings = tokenizer.spellings()
    assert all(spellings.values())
    assert len(set(spellings.values())) == len(spellings)
    assert {bytes([byte]) for byte in range(256)} <= set(spellings.values())
    for id_ in range(max(spellings) + 100):
        assert tokenizer.token_bytes(id_) == spellings.get(id_, b"")


@given(text=ANYTHING)
def test_no_token_crosses_a_boundary(tokenizer, text):
    borders = tokenizer.boundaries(text)
    assert borders[0] == 0
    assert borders[-1] == len(text)
    assert borders == sorted(set(borders))
    whole = tokenizer.encode(text)
    lengths = {0}
    for id_ in whole:
        lengths.add(max(lengths) + len(tokenizer.token_bytes(id_)))
    assert {len(scalar(text[:border]).encode()) for border in borders} <= lengths


def broken(tokenizer_file, **changes):
    content = json.loads(tokenizer_file.read_text())
    for key, value in changes.items():
        content[key] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pre_tokenizer": None}, id="no pre-tokenizer"),
        pytest.param({"pre_tokenizer": {"type": "Whitespace"}}, id="not by bytes"),
        pytest.param(
            {
                "pre_tokenizer": {
                    "type": "ByteLevel",
                    "add_prefix_space": True,
                    "trim_offsets": True,
                    "use_regex": True,
                }
            },
            id="adds a blank",
        ),
        pytest.param(
            {"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}, id="by words"
        ),
    ],
)
def test_refuses_what_changes_the_text(tokenizer_file, tmp_path, change):
    path = tmp_path / "tokenizer.json"
    path.write_text(broken(tokenizer_file, added_tokens=[], post_processor=None, **change))
    with pytest.raises(CorruptModelError, match="byte-level"):
        Tokenizer.load(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff", b'{"version": "1.0"'])
def test_refuses_what_is_no_tokenizer(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(CorruptModelError, match=r"tokenizer\.json can't be parsed"):
        Tokenizer.load(path)


def test_says_that_there_is_no_tokenizer(tmp_path):
    with pytest.raises(CorruptModelError, match="No such file"):
        Tokenizer.load(tmp_path / "tokenizer.json")
