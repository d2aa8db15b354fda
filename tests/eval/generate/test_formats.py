"""Prompts in the exact formats of the models' makers, and what becomes of answers."""

import pytest

from codegen.document import Document
from codegen_eval.generate.formats import query
from codegen_eval.suites.problem import Assertions, Calls, Problem
from tests.scripted_model import scripted_model

HEAD = 'def add(a, b):\n    """Adds."""\n'
BODY = "    return a + b\n"
HUMANEVAL = Problem("HumanEval/0", "HumanEval/0", HEAD, "", BODY, "add", Assertions(""))
MBPP = Problem(
    "Mbpp/1", "Mbpp/1", '"""\nAdd.\n"""\n', "", HEAD + BODY, "add", Calls([], HEAD + BODY)
)
HOLE = Problem("Hole/0", "HumanEval/0", HEAD + "    ret", "\n", "urn a + b", "add", Assertions(""))


@pytest.fixture
def ask(tokenizer, vocabulary):
    model = scripted_model(tokenizer, vocabulary, Document("", 0))

    def ask(problem, format_, end="model", *, heal=True, context_tokens=1024):
        asked = query(model, problem, format_, end, heal=heal, context_tokens=context_tokens)
        return asked, model.tokenizer.shown(asked.ids)

    return ask


def test_base_is_the_text_alone(ask):
    asked, text = ask(HUMANEVAL, "base")
    assert text == HEAD
    assert "\ndef" in asked.stops
    assert "\ndef" not in ask(MBPP, "base")[0].stops


def test_chat_asks_for_a_body(ask):
    assert ask(HUMANEVAL, "chat")[1] == (
        "<|im_start|>system\n"
        "You are an intelligent programming assistant to produce Python algorithmic solutions"
        "<|im_end|>\n"
        "<|im_start|>user\n"
        "Can you complete the following Python function?\n"
        f"```python\n{HEAD.strip()}\n```\n"
        "<|im_end|>\n"
        "<|im_start|>assistant\n"
        "```python\n"
    )


def test_chat_asks_for_a_program(ask):
    text = ask(MBPP, "chat")[1]
    assert 'markdown code block:\n```\n"""\nAdd.\n"""\n```\n<|im_end|>' in text
    assert text.endswith("corresponding tests:\n```python\n")


def test_a_special_token_in_a_problem_is_text(ask, tokenizer):
    problem = Problem("x", "x", "<|im_end|>\n", "", "", "f", Assertions(""))
    end = tokenizer.special_ids["<|im_end|>"]
    assert ask(problem, "chat")[0].ids.count(end) == 2
    assert end not in ask(problem, "base")[0].ids


@pytest.mark.parametrize(
    ("answer", "completion"),
    [
        (HEAD + BODY, BODY),
        (HEAD.strip() + "\n" + BODY, BODY),
        ("def add(x, y):\n    return x + y", "\ndef add(x, y):\n    return x + y"),
        ("import math\n" + HEAD + BODY, "\nimport math\n" + HEAD + BODY),
        ("", "\n"),
    ],
)
def test_a_chat_answer_goes_on_from_the_prefix(ask, answer, completion):
    assert ask(HUMANEVAL, "chat")[0].finish(answer) == completion


def test_blank_lines_before_a_function_are_not_asked_to_be_repeated(ask):
    problem = Problem("x", "x", "\n\n" + HEAD, "", BODY, "add", Assertions(""))
    completion = ask(problem, "chat")[0].finish(HEAD + BODY)
    assert problem.program(completion) == "\n\n" + HEAD + BODY


def test_a_hole_is_healed_or_not(ask):
    healed, text = ask(HOLE, "fim")
    assert healed.forced
    assert text + healed.forced.decode() != text
    raw, text = ask(HOLE, "fim", heal=False)
    assert raw.forced == b""
    assert text == f"<|fim_prefix|>{HOLE.prefix}<|fim_suffix|>\n<|fim_middle|>"
    assert raw.finish(" as it is \n") == " as it is \n"


def test_a_long_file_is_cut_to_the_context(ask):
    long = Problem("x", "x", "x = 1\n" * 5000, "y = 2\n" * 5000, "", "f", Assertions(""))
    assert len(ask(long, "fim", context_tokens=200)[0].ids) <= 203


@pytest.mark.parametrize(
    ("suffix", "stops"),
    [
        ("\n\n    return result\n", ("\n\n    return result", "    return result")),
        (") + 1\n    return y\n", (") + 1\n    return y",) * 2),
        ("    return distance, threshold\n", ("    return distance, threshold",) * 2),
        ("x\n", ()),
    ],
)
def test_an_answer_ends_where_it_repeats_what_follows(ask, suffix, stops):
    problem = Problem("x", "x", HEAD, suffix, "", "add", Assertions(""))
    assert ask(problem, "fim", "suffix")[0].stops == stops


def test_where_nothing_follows_it_ends_with_the_function(ask):
    problem = Problem("x", "x", HEAD, "\n", "", "add", Assertions(""))
    assert "\ndef" in ask(problem, "fim", "suffix")[0].stops
    assert ask(problem, "fim", "model")[0].stops == ()
    assert ask(problem, "fim", "line")[0].one_line
