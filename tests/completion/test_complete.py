"""From a document to suggestions, with a scripted model."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from codegen.cancel import CancelToken
from codegen.completion.complete import Candidate, Completion, Delta, complete, result
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.document import Document
from codegen.engine.outcome import FinishReason
from codegen.engine.types import Sampling
from codegen.errors import CancelledError, UsageError
from tests.cursor import at_cursor
from tests.scripted_model import scripted_model

GREEDY = CompletionOptions()

ADD = "def add(a, b):\n    ‸\n\n\nprint(add(1, 2))\n"
DELTA = 'def show(delta):\n    print("‸{delta}")\n'


@pytest.fixture
def run(tokenizer, vocabulary):
    """Completes a source with scripted answers; gives the events and the backend's request."""

    def run(source, *answers, options=GREEDY, cancel=None, window=2048):
        document = source if isinstance(source, Document) else at_cursor(source)
        model = scripted_model(tokenizer, vocabulary, document, *answers, window=window)
        events = list(complete(model, prepare(document, options), cancel or CancelToken()))
        return events, model.backend.requests[0] if model.backend.requests else None

    return run


@pytest.fixture
def check(run):
    """Completes with a scripted answer, and compares the first suggestion's text and finish."""

    def check(source, answer, expected, finish=FinishReason.STOP, **options):
        events, _ = run(source, answer, options=CompletionOptions(**options))
        completion = result(events)
        assert [suggestion.text for suggestion in completion.suggestions] == [expected]
        assert completion.suggestions[0].finish_reason is finish
        assert completion.reason is None
        told = "".join(event.text for event in events if isinstance(event, Delta))
        assert finish.cut_off or expected.startswith(told)
        return completion.suggestions[0]

    return check


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("def add(a, b):\n    ‸\n", "return a + b"),
        ("def add(a, b):\n    ret‸\n", "urn a + b"),
        ("def add(a, b):\n    return ‸\n", "a + b"),
        ("def add(a, b):\n    return a‸\n", " + b"),
        ("import o‸\n", "s.path"),
        ("x = 'caf‸\n", "é au lait'"),
        ("x = 'né‸\n", "e'"),
    ],
)
def test_what_stands_before_the_cursor_is_no_part_of_the_completion(check, source, answer):
    check(source, answer, answer)


def test_healing_forces_what_it_took_back(run, tokenizer):
    events, request = run("def add(a, b):\n    ret‸\n", "urn a + b")
    assert request.constraint is not None
    allowed = [tokenizer.token_bytes(int(id_)) for id_ in request.constraint.allowed()]
    assert result(events).plan.prompt.forced == request.constraint.remaining == b" ret"
    forced = request.constraint.remaining
    assert all(data.startswith(forced) or forced.startswith(data) for data in allowed)


def test_nothing_is_forced_where_a_token_may_end_anyway(run):
    events, request = run("x = 1\n‸", "y = 2")
    assert result(events).plan.prompt.forced == b""
    assert request.constraint is None


def test_characters_of_several_tokens_are_decoded(run, tokenizer):
    text = "日 日本"
    assert len(tokenizer.encode(text)) > len(text)  # so some tokens are parts of a character
    events, _ = run("x = '‸'\n", text)
    deltas = [event.text for event in events if isinstance(event, Delta)]
    assert "\ufffd" not in "".join(deltas)
    assert result(events).suggestions[0].text == text


def test_a_character_that_the_model_leaves_broken_becomes_u_fffd(check, tokenizer):
    start = tokenizer.encode("é")
    broken = start[:1] if len(start) > 1 else tokenizer.encode("日")[:1]
    assert tokenizer.decode_bytes(broken).decode(errors="ignore") == ""
    check("x = 1\n‸", [*tokenizer.encode("y = '"), *broken], "y = '\ufffd")


def test_a_character_that_the_length_cuts_off_is_dropped(check, tokenizer):
    ids = tokenizer.encode("y = '日'")
    size = next(
        size
        for size in range(len(ids), 0, -1)
        if tokenizer.decode_bytes(ids[:size]).decode(errors="replace").endswith("\ufffd")
    )
    ids = [*tokenizer.encode("z = 2\n"), *ids]
    size += len(tokenizer.encode("z = 2\n"))
    check("x = 1\n‸", ids, "z = 2", FinishReason.LENGTH, max_tokens=size)


def test_bytes_that_are_no_utf_8_become_u_fffd(check, tokenizer):
    continuation = next(id_ for id_, data in tokenizer.spellings().items() if data == bytes([0x98]))
    ids = [*tokenizer.encode("y"), continuation, *tokenizer.encode(" = 2")]
    check("x = 1\n‸", ids, "y\ufffd = 2")


def test_max_tokens_counts_only_the_completion(check, tokenizer):
    source = "def add(a, b):\n    re‸\n"
    whole = [tokenizer.token_bytes(id_) for id_ in tokenizer.encode("    return a + b")]
    assert whole[-4:] == [b" return", b" a", b" +", b" b"]
    check(source, "turn a + b", "turn a", FinishReason.LENGTH, max_tokens=3)


def test_the_token_limit_leaves_no_half_expression(run):
    events, _ = run("def add(a, b):\n    re‸\n", "turn a", options=CompletionOptions(max_tokens=2))
    assert (result(events).suggestions, result(events).reason) == ((), "cut-off")


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        (ADD, "return a + b\n\n\ndef sub(a, b):\n    return a - b\n", "return a + b"),
        (ADD, "return a + b\n\n\nprint(add(1, 2))\n", "return a + b"),
        ("total = ‸\nprint(total)\n", "1 + 2\nprint(total)\n", "1 + 2"),
        ("for x in y:‸\n", "\n    f(x)\ng()\n", "\n    f(x)"),
    ],
)
def test_the_natural_end_stops_a_sample(run, source, answer, expected, tokenizer):
    events, _ = run(source, answer)
    completion = result(events)
    assert completion.suggestions[0].text == expected
    assert completion.suggestions[0].finish_reason is FinishReason.HOLE
    assert completion.usage.decoded_tokens < len(tokenizer.encode(answer))


@pytest.mark.parametrize(
    ("stops", "expected", "finish"),
    [
        ((" + b",), "return a", FinishReason.STOP),
        (("b\r\n\r\n\r\n",), "return a +", FinishReason.STOP),
        (("zzz", "+", "a"), "return", FinishReason.STOP),
        # Only newlines: which token brings what ends the hole depends on the vocabulary.
        (("\n\n\n",), "return a + b", FinishReason.STOP),
    ],
)
def test_stop_strings_end_a_sample(check, stops, expected, finish):
    check(ADD, "return a + b\n\n\nprint(1)\n", expected, finish, stop_strings=stops)


def test_deltas_hold_back_the_beginning_of_a_stop_string(run):
    options = CompletionOptions(stop_strings=("abcdefgh",))
    events, _ = run(ADD, "return abcdefgx", options=options)
    told = [event.text for event in events if isinstance(event, Delta)]
    assert not any(text.endswith("abc") for text in told)
    assert result(events).suggestions[0].text == "return abcdefgx"


def test_a_windows_document_gets_windows_newlines(check):
    source = "def add(a, b):\r\n    ‸\r\n\r\nprint(1)\r\n"
    answer = "c = a + b\r\n    return c\r\n\r\nprint(1)\r\n"
    check(source, answer, "c = a + b\r\n    return c", FinishReason.HOLE)
    # The model writes \n for a document of \r\n.
    check(source, answer.replace("\r", ""), "c = a + b\r\n    return c", FinishReason.HOLE)


def test_deltas_have_the_newlines_of_the_document(run):
    events, _ = run("def add(a, b):\r\n    ‸\r\n", "c = a + b\n    return c")
    assert "".join(e.text for e in events if isinstance(e, Delta)) == "c = a + b\r\n    return c"


def test_a_document_with_lone_surrogates_is_completed(run):
    events, request = run(Document("x = '\udce9'\ny = \udcff\n", 12), "1")
    assert result(events).suggestions
    assert request.prompt


def test_a_candidate_names_the_rules_that_changed_it(check):
    assert "trailing-blanks" in check("x = ‸\n", "1  ", "1").rules


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\r\n"])
def test_an_empty_document_needs_no_model(run, text):
    events, request = run(Document(text, len(text)))
    assert request is None
    assert events == [result(events)]
    assert (result(events).suggestions, result(events).reason) == ((), "empty-document")


@pytest.mark.parametrize(
    ("source", "answer", "reason"),
    [
        (ADD, "", "blank"),
        (ADD, "\n\n", "blank"),
        ("f(‸)\n", ")", "end-of-hole"),
    ],
)
def test_a_completion_without_suggestions_says_why(run, source, answer, reason):
    events, _ = run(source, answer)
    assert result(events).suggestions == ()
    assert result(events).reason == reason


REPEATS = "def f():\n    ‸\n    return 1\n"


@pytest.mark.parametrize(
    ("source", "first", "forbidden", "second", "expected"),
    [
        # The token with which the line below would be repeated.
        (REPEATS, "return 1", b"1", "2", "return 2"),
        ("def f(x):\n    ‸\n    x += 1\n", "x += 1\n    y", b"1", "2", "x += 2"),
        # The first token of a text that is refused for its beginning.
        ("def f(x):\n    return sum(x)‸\n", " for y in x", b" for", " + 1", " + 1"),
        ("x = a‸\n", ".", b".", " + 1", " + 1"),
    ],
)
def test_a_refused_first_choice_is_replaced_by_the_second_best(
    tokenizer, vocabulary, source, first, forbidden, second, expected
):
    document = at_cursor(source, "a.py")
    model = scripted_model(tokenizer, vocabulary, document, first, tokenizer.encode(second))
    completion = result(complete(model, prepare(document, GREEDY), CancelToken()))
    asked = model.backend.requests[1]
    every = set(tokenizer.spellings()) | set(model.family.stop)
    assert {tokenizer.token_bytes(id_) for id_ in every - set(asked.constraint.allowed())} == {
        forbidden
    }
    assert texts(completion) == [expected]
    assert completion.suggestions[0].mean_logprob == pytest.approx(math.log(0.5))
    assert len(completion.dropped) == 1


@pytest.mark.parametrize("reason", ["repeated-line", "syntax-errors"])
def test_nothing_is_suggested_where_the_second_best_is_refused_too(tokenizer, vocabulary, reason):
    source = REPEATS if reason == "repeated-line" else "def f(x):\n    return sum(x)‸\n"
    answers = ("return 1", []) if reason == "repeated-line" else (" for y in x", ")")
    document = at_cursor(source, "a.py")
    model = scripted_model(tokenizer, vocabulary, document, *answers)
    completion = result(complete(model, prepare(document, GREEDY), CancelToken()))
    assert (completion.suggestions, completion.reason) == ((), reason)
    assert len(model.backend.requests) == 2


@pytest.mark.parametrize(
    ("source", "answer"), [("f(‸)\n", ")"), ("x = 1‸\n", "\ny = 2"), ("x = ‸\n", "")]
)
def test_no_second_best_is_asked_for_where_nothing_fits(run, source, answer):
    events, _ = run(source, answer)  # a second request would find no answer
    assert result(events).suggestions == ()


def texts(completion: Completion) -> list[str]:
    return [suggestion.text for suggestion in completion.suggestions]


def test_candidates_are_greedy_first_then_sampled(run):
    options = CompletionOptions(candidates=3, seed=7)
    events, request = run(
        ADD, "return a + b", "return b + a", "return sum((a, b))", options=options
    )
    first, *others = request.samples
    assert first.greedy
    assert [(sampling.temperature, sampling.seed) for sampling in others] == [(0.6, 8), (0.6, 9)]
    assert texts(result(events))[0] == "return a + b"
    assert set(texts(result(events))) == {"return a + b", "return b + a", "return sum((a, b))"}
    assert {event.sample for event in events if isinstance(event, Delta)} == {0, 1, 2}


def test_candidates_at_a_temperature_are_all_sampled(run):
    options = CompletionOptions(candidates=2, temperature=0.3, top_p=0.5, top_k=9, seed=1)
    _, request = run(ADD, "return a", "return b", options=options)
    assert request.samples == tuple(
        Sampling(temperature=0.3, top_k=9, top_p=0.5, seed=seed) for seed in (1, 2)
    )


def test_candidates_that_the_rules_make_the_same_are_suggested_once(run):
    options = CompletionOptions(candidates=4)
    answers = ("return a", "return a  ", "return b", "return a\n\n\nprint(2)\n")
    events, _ = run(ADD, *answers, options=options)
    assert texts(result(events)) == ["return a", "return b"]


def test_a_candidate_that_is_refused_leaves_the_others(run):
    events, _ = run(ADD, "", "return b", options=CompletionOptions(candidates=2))
    assert texts(result(events)) == ["return b"]
    assert result(events).reason is None


class Graded:
    """A backend's generation with given log-probabilities, one per sample."""

    def __init__(self, generation, grades):
        self.usage = generation.usage
        self.end = generation.end
        self._generation = generation
        self._grades = grades

    def __iter__(self):
        for step in self._generation:
            yield type(step)(step.sample, step.token, self._grades[step.sample], step.finish)


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(0.0, ["return a", "return c", "return b"]), (0.5, ["return c", "return a", "return b"])],
)
def test_the_likelier_candidates_come_first(
    monkeypatch, tokenizer, vocabulary, temperature, expected
):
    document = at_cursor(ADD)
    model = scripted_model(
        tokenizer, vocabulary, document, "return a", "return b", "return c", "return a"
    )
    play = model.backend.generate
    grades = [-2.0, -3.0, -1.0, -9.0]
    monkeypatch.setattr(model.backend, "generate", lambda *asked: Graded(play(*asked), grades))
    options = CompletionOptions(candidates=4, temperature=temperature)
    completion = result(complete(model, prepare(document, options), CancelToken()))
    assert texts(completion) == expected
    # The likelier one of two same candidates is kept.
    assert completion.suggestions[expected.index("return a")].mean_logprob == -2.0


def test_mean_logprob_is_of_the_text_that_is_kept(check):
    kept = check(ADD, "return a + b\n\n\nprint(1)\n", "return a + b", FinishReason.HOLE)
    assert kept.mean_logprob == pytest.approx(math.log(0.5))


def test_the_prompt_fits_its_budget_and_the_window(run):
    text = "value = compute(1, 2)\n" * 400
    options = CompletionOptions(context_tokens=200)
    _, request = run(Document(text, len(text) // 2), "x", options=options)
    assert 100 < len(request.prompt) <= 200
    _, request = run(Document(text, len(text) // 2), "x", window=128)
    assert 32 < len(request.prompt) <= 128 - 64


def test_more_tokens_than_the_window_has_are_refused(run):
    with pytest.raises(UsageError, match="no room"):
        run(ADD, "x", options=CompletionOptions(max_tokens=64), window=64)


def test_a_cancelled_request_raises(run):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        run(ADD, "return a", cancel=cancel)


@pytest.mark.parametrize(
    "wrong", [{"candidates": 0}, {"max_tokens": 0}, {"stop_strings": ("a", "")}]
)
def test_options_without_meaning_are_refused(wrong):
    with pytest.raises(ValueError):
        CompletionOptions(**wrong)


def test_a_result_needs_the_completion():
    with pytest.raises(TypeError):
        result([Delta(0, "x")])


LINES = (
    "", "\n", "    ", "return a", "    return a", "        f(x)", "el", "else:", "    else:",
    "elsewhere", "print(add(1, 2))", "    print(1)", ")", "    )", "])", "x = [", "'a', ",
    "def f():", "é = 1", '{delta}")', "{delt", "}", "    c = 2\r",
)  # fmt: skip


@given(
    source=st.sampled_from(
        (ADD, ADD.replace("\n", "\r\n"), DELTA, "f(‸)\n", "‸    f()\n", "if x:\n    ‸f()\n",
         "if x:\n    a()\n‸\n", "x = {‸}\n", "def f():‸\n    return a\n", "f(‸)]}, g(h)\n")
    ),
    lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=6, unique=True),
    glue=st.sampled_from(("\n", "\r\n", "")),
    wanted=st.sampled_from(("single", "multi", "auto")),
    stops=st.sampled_from(((), ("\n\n",), ("f(x", ")"))),
)  # fmt: skip
@example(source="f(‸)\n", lines=["x", ")"], glue="", wanted="auto", stops=())
@example(source=ADD, lines=["print(add(1, 2))", "return a"], glue="\n", wanted="multi", stops=())
@example(source="f(‸)\n", lines=["", "    print(1)", "x = ["], glue="\n", wanted="multi", stops=())
def test_the_deltas_are_how_the_suggestion_begins(
    tokenizer, vocabulary, *, source, lines, glue, wanted, stops
):
    document = at_cursor(source)
    model = scripted_model(tokenizer, vocabulary, document, glue.join(lines), [])
    options = CompletionOptions(lines=wanted, stop_strings=stops)
    *deltas, completion = complete(model, prepare(document, options), CancelToken())
    told = "".join(delta.text for delta in deltas)
    suggested: tuple[Candidate, ...] = completion.suggestions
    # A loop is seen only after several rounds, and an unclosed bracket only at the end.
    late = {"loop", "unfinished", "cut-off"}
    assume(completion.reason not in late)
    assume(not suggested or late.isdisjoint(suggested[0].rules))
    assert (suggested[0].text if suggested else "").startswith(told)
