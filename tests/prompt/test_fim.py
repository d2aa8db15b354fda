import pytest

from codegen.context.window import Context
from codegen.prompt.families import recognise
from codegen.prompt.fim import Prompt, build_prompt


def context(prefix, suffix):
    return Context(prefix, suffix, 0, len(prefix) + len(suffix), 0)


@pytest.fixture(scope="module")
def ids(tokenizer):
    return recognise(tokenizer.special_ids)


def shown(tokenizer, prompt: Prompt) -> str:
    """A prompt as text, its marks in short."""
    marks = {id_: mark for mark, id_ in tokenizer.special_ids.items()}
    parts = (marks.get(id_, "").encode() or tokenizer.token_bytes(id_) for id_ in prompt.ids)
    return b"".join(parts).decode()


@pytest.mark.parametrize(
    ("sides", "heal", "expected", "forced"),
    [
        (
            ("x = fo", "\ny = 1\n"),
            True,
            "<|fim_prefix|>x =<|fim_suffix|>\ny = 1\n<|fim_middle|>",
            b" fo",
        ),
        (
            ("x = fo", "\n"),
            False,
            "<|fim_prefix|>x = fo<|fim_suffix|>\n<|fim_middle|>",
            b"",
        ),
        (("", ""), True, "<|fim_prefix|><|fim_suffix|><|fim_middle|>", b""),
        (("foo", ""), True, "<|fim_prefix|><|fim_suffix|><|fim_middle|>", b"foo"),
    ],
)
def test_prompt(tokenizer, ids, sides, heal, expected, forced):  # noqa: PLR0917
    prompt = build_prompt(context(*sides), ids, tokenizer, heal=heal)
    assert shown(tokenizer, prompt) == expected
    assert prompt.forced == forced


@pytest.mark.parametrize("heal", [True, False])
@pytest.mark.parametrize("mark", ["<|fim_middle|>", "<|fim_suffix|>", "<|endoftext|>"])
def test_marks_in_the_file_are_text(tokenizer, ids, mark, heal):
    prompt = build_prompt(context(f"a{mark}b", f"c{mark}d\n"), ids, tokenizer, heal=heal)
    special = [id_ for id_ in prompt.ids if id_ in tokenizer.special_ids.values()]
    assert special == [ids.fim_prefix, ids.fim_suffix, ids.fim_middle]


def test_surrogates_are_no_obstacle(tokenizer, ids):
    prompt = build_prompt(context("x = '\ud800", "\udfff'\n"), ids, tokenizer)
    assert "\ufffd" in shown(tokenizer, prompt) + prompt.forced.decode()
