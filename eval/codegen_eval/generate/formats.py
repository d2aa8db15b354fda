"""How a problem becomes a prompt, and how the model's answer becomes a completion.

A completion is the text between the problem's prefix and its suffix. Nothing is stripped from an
answer that the model wrote into a hole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.hole import Wanted
from codegen.context.window import fit_window
from codegen.document import Document
from codegen.local.model import LocalModel
from codegen.prompt.fim import build_prompt
from codegen_eval.suites.problem import Calls, Kind, Problem

Format = Literal["base", "chat", "fim", "complete"]

End = Literal["stops", "line", "suffix", "model"]
"""Where an answer ends if the model doesn't end it before: at the format's stop strings; after one
line; where it begins to repeat the text after the hole, or leaves the function if there is no such
text; or nowhere. An Instruct model that was asked to fill a hole rewrites the rest of the file."""

FORMATS: Final[Mapping[Kind, tuple[Format, ...]]] = {
    "completion": ("chat", "base", "fim"),
    "infilling": ("fim", "complete"),
}
"""The formats that fit a kind of suite, the default first. "complete" is the product itself: the
whole of codegen.completion.complete, with healing, early ends and rules."""

# Where a base model that was given a function's head has left its body.
# Source: https://arxiv.org/abs/2107.03374, section 2.1.
_BODY_STOPS: Final[tuple[str, ...]] = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")

# Where it has left a program that it wrote from a sentence, helpers included.
# Source: evalplus 0.3.1, evalplus/provider/utility.py, without what ends helpers.
_PROGRAM_STOPS: Final[tuple[str, ...]] = ('\n"""', "\nassert", "\nprint", "\nif __name__")

# Characters, blanks aside, of what follows a hole that make sure that an answer repeats it.
_ANCHOR: Final = 10

# Where a chat model has left its answer. Source: as below.
_CHAT_STOPS: Final = ("\n```", "\nif __name__", "\ndef main(", "\nprint(", "\n#")

# Source: the evaluation of Qwen2.5-Coder's makers,
# https://github.com/QwenLM/Qwen2.5-Coder, qwencoder-eval/instruct/eval_plus/model.py ("ChatML").
_SYSTEM: Final = (
    "You are an intelligent programming assistant to produce Python algorithmic solutions"
)
_ASK_BODY: Final = "Can you complete the following Python function?\n```python\n{prompt}\n```\n"
_OPEN_BODY: Final = "```python\n"

# Source: evalplus 0.3.1, evalplus/codegen.py and evalplus/provider/utility.py.
_ASK_PROGRAM: Final = (
    "Please provide a self-contained Python script that solves the following problem in a "
    "markdown code block:\n```\n{prompt}\n```\n"
)
_OPEN_PROGRAM: Final = (
    "Below is a Python script with a self-contained function that solves the problem and passes "
    "corresponding tests:\n```python\n"
)


def end_of(suite: str, kind: Kind) -> End:
    """The default end of answers for a suite."""
    if kind == "completion":
        return "stops"
    return "line" if suite.startswith("infilling-single-line") else "suffix"


def lines_of(suite: str, end: End) -> Wanted:
    """How many lines the product is asked for, as a person who sees the hole would ask.

    A random span may be a part of a line or several lines, so the product decides there.
    """
    if end == "line":
        return "single"
    return "auto" if suite.startswith("infilling-random-span") else "multi"


@dataclass(frozen=True, slots=True)
class Query:
    """A prompt in tokens, and how to read the answer to it.

    `forced` are the bytes that the answer has to begin with; they are not part of the completion.
    The answer ends before the first of `stops` or, with `one_line`, after a line. `finish` makes a
    completion of the answer.
    """

    ids: tuple[int, ...]
    forced: bytes
    stops: tuple[str, ...]
    finish: Callable[[str], str]
    one_line: bool = False


def query(
    model: LocalModel,
    problem: Problem,
    format_: Format,
    end: End,
    *,
    heal: bool,
    context_tokens: int,
) -> Query:
    """Writes a problem as a prompt.

    Args:
        model: the model, for its tokenizer and the special tokens of its family.
        problem: the problem.
        format_: any format but "complete", which makes its own prompt.
        end: where an answer into a hole ends.
        heal: whether a hole's prefix backs off to a token boundary.
        context_tokens: how many tokens of the text around a hole its prompt holds at most.
    """
    match format_:
        case "base":
            stops = _PROGRAM_STOPS if _whole(problem) else _BODY_STOPS
            return Query(tuple(model.tokenizer.encode(problem.prefix)), b"", stops, _as_it_is)
        case "chat":
            return Query(_chat(model, problem), b"", _CHAT_STOPS, _after(problem.prefix))
        case _:
            document = Document(problem.program(""), len(problem.prefix), "problem.py")
            above, below = fit_window(
                document, context_tokens, lambda text: len(model.tokenizer.encode(text))
            )
            before = document.text[above.start : above.end]
            after = document.text[below.start : below.end]
            prompt = build_prompt(before, "", after, model.family, model.tokenizer, heal=heal)
            stops = _suffix_stops(problem.suffix) if end == "suffix" else ()
            return Query(prompt.ids, prompt.forced, stops, _as_it_is, end == "line")


def _chat(model: LocalModel, problem: Problem) -> tuple[int, ...]:
    family = model.family.family
    start = model.tokenizer.special_ids[family.chat_start]
    end = model.tokenizer.special_ids[family.chat_end]
    ask, opening = (_ASK_PROGRAM, _OPEN_PROGRAM) if _whole(problem) else (_ASK_BODY, _OPEN_BODY)

    def text(words: str) -> list[int]:
        return model.tokenizer.encode(words)

    question = ask.format(prompt=problem.prefix.strip())
    return (
        *(start, *text(f"system\n{_SYSTEM}"), end, *text("\n")),
        *(start, *text(f"user\n{question}"), end, *text("\n")),
        *(start, *text(f"assistant\n{opening}")),
    )


def _whole(problem: Problem) -> bool:
    """Whether a whole program is asked for, as in MBPP, and not the body of a given function."""
    return isinstance(problem.check, Calls) and f"def {problem.entry_point}" not in problem.prefix


def _suffix_stops(suffix: str) -> tuple[str, ...]:
    """How an answer that repeats what follows begins to: the suffix's first lines.

    Without the newlines that it begins with, too: models leave out a blank line.
    """
    if not suffix.strip():
        return _BODY_STOPS
    end = seen = 0
    for line in suffix.splitlines(keepends=True):
        end += len(line)
        seen += len("".join(line.split()))
        if seen >= _ANCHOR:
            break
    anchor = suffix[:end].rstrip()
    return (anchor, anchor.lstrip("\n")) if seen >= _ANCHOR else ()


def _as_it_is(answer: str) -> str:
    return answer


def _after(prefix: str) -> Callable[[str], str]:
    """Makes an answer that may repeat the prefix one that goes on from it.

    An answer that does not repeat it follows on a line of its own: a second definition of the
    function takes the place of the first, whose body is then its docstring alone.
    """

    def finish(answer: str) -> str:
        head = prefix.strip()
        if answer.startswith(head):
            return answer[len(head) :].removeprefix(prefix[len(prefix.rstrip()) :])
        return "\n" + answer

    return finish
