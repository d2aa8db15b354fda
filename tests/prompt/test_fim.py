from typing import get_args

import pytest

from codegen.prompt.families import recognise
from codegen.prompt.fim import Order, Prompt, build_prompt


@pytest.fixture(scope="module")
def ids(tokenizer):
    return recognise(tokenizer.special_ids)


def shown(tokenizer, prompt: Prompt) -> str:
    """A prompt as text, its marks in short."""
    marks = {id_: mark for mark, id_ in tokenizer.special_ids.items()}
    parts = (marks.get(id_, "").encode() or tokenizer.token_bytes(id_) for id_ in prompt.ids)
    return b"".join(parts).decode()


FROZEN = "<|fim_prefix|>a\n<|fim_suffix|>\nz\n<|fim_middle|>"


@pytest.mark.parametrize(
    ("order", "parts", "heal", "expected", "forced"),
    [
        (
            "psm",
            ("x =", " fo", "\ny = 1\n"),
            True,
            "<|fim_prefix|>x =<|fim_suffix|>\ny = 1\n<|fim_middle|>",
            b" fo",
        ),
        (
            "psm",
            ("x = fo", "", "\n"),
            False,
            "<|fim_prefix|>x = fo<|fim_suffix|>\n<|fim_middle|>",
            b"",
        ),
        ("psm", ("", "", ""), True, "<|fim_prefix|><|fim_suffix|><|fim_middle|>", b""),
        ("psm", ("", "foo", ""), True, "<|fim_prefix|><|fim_suffix|><|fim_middle|>", b"foo"),
        (
            "spm",
            ("x =", " fo", "\ny = 1\n"),
            True,
            "<|fim_suffix|>\ny = 1\n<|fim_prefix|>x =<|fim_middle|>",
            b" fo",
        ),
        ("frozen", ("a\n", "x = fo", "\nz\n"), True, FROZEN + "x =", b" fo"),
        ("frozen", ("a\n", "x = fo", "\nz\n"), False, FROZEN + "x = fo", b""),
        ("frozen", ("a\n", "", "\nz\n"), True, FROZEN, b""),
    ],
)
def test_a_prompt_in_each_order(tokenizer, ids, order, parts, heal, expected, forced):
    prompt = build_prompt(*parts, ids, tokenizer, order=order, heal=heal)
    assert shown(tokenizer, prompt) == expected
    assert prompt.forced == forced


@pytest.mark.parametrize("heal", [True, False])
@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("mark", ["<|fim_middle|>", "<|fim_suffix|>", "<|endoftext|>"])
def test_marks_in_the_file_are_text(tokenizer, ids, mark, order, heal):
    parts = (f"a{mark}b\n", f"c{mark}", f"c{mark}d\n")
    prompt = build_prompt(*parts, ids, tokenizer, order=order, heal=heal)
    special = sorted(id_ for id_ in prompt.ids if id_ in tokenizer.special_ids.values())
    assert special == sorted([ids.fim_prefix, ids.fim_suffix, ids.fim_middle])


def test_surrogates_are_no_obstacle(tokenizer, ids):
    prompt = build_prompt("x = '\ud800", "", "\udfff'\n", ids, tokenizer)
    assert "\ufffd" in shown(tokenizer, prompt) + prompt.forced.decode()
