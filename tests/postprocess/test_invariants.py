"""What holds for any source, any text and any language."""

import logging

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.context.hole import find_hole
from codegen.document import open_document
from codegen.postprocess.ending import Finder, find_end
from codegen.postprocess.growth import Growth
from codegen.postprocess.joint import join
from codegen.postprocess.pipeline import Suggestion, postprocess
from codegen.syntax.scan import scan
from tests.cursor import CURSOR, at_cursor
from tests.postprocess.test_joins import JOINS
from tests.postprocess.test_owners import OWNERS
from tests.syntax.test_scan import PIECES as MARKS

JOINED = [(path, *row[:2]) for path, rows in JOINS.items() for row in rows]
SOURCES = [
    *((path, row[0]) for path, rows in OWNERS.items() for row in rows),
    *((path, source) for path, source, _ in JOINED),
]
PIECES = (
    *MARKS,
    *("\n", "\n", "    ", "return y", "if x:", "else", "else:", "a, b", "x = 1", "end", "do |x|"),
    *("case 1:", ")\n", "}\n", '",', "# a", "// b"),
)
WRITTEN = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
LINES = st.sampled_from(["auto", "single", "multi"])
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def documents(draw):
    """A source as it is, half written, with rubbish around it, or of another language."""
    path, source = draw(st.sampled_from(SOURCES))
    before, _, after = source.partition(CURSOR)
    if draw(st.booleans()):
        source = before + after
        cursor = draw(st.integers(0, len(source)))
        before, after = source[:cursor], source[cursor:]
    around = st.one_of(st.just(""), st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
    before, after = draw(around) + before, after + draw(around)
    newline = draw(NEWLINES)
    before, after = before.replace("\n", newline), after.replace("\n", newline)
    path = draw(st.sampled_from([path, path, "a.xyz", None, "a.py", "a.js", "a.html", "a.sh"]))
    return open_document(before + after, len(before), path)


def assert_more_text_changes_no_end(text, joint):
    first, finder = None, Finder(joint)
    for size in range(len(text) + 1):
        end = find_end(text[:size], joint)
        # What stays read of a text that grows is what would be read of it.
        assert finder.find(text[:size]) == end
        assert all(at is None or 0 <= at <= size for at in (end.at, end.doubt))
        assert first is None or end.at == first
        first = end.at


@given(document=documents(), text=WRITTEN, lines=LINES)
def test_more_text_does_not_change_an_end(document, text, lines):
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    assert_more_text_changes_no_end(text, join(document, find_hole(document, lines)))


@pytest.mark.parametrize(("path", "source", "text"), JOINED)
@pytest.mark.parametrize("lines", ["auto", "multi"])
def test_more_of_a_text_that_fits_does_not_change_its_end(path, source, text, lines):
    document = at_cursor(source, path)
    assert_more_text_changes_no_end(text, join(document, find_hole(document, lines)))


@given(
    document=documents(), text=WRITTEN, lines=LINES, stopped=st.booleans(), cut_off=st.booleans()
)
def test_no_rule_fails(warned, document, text, lines, stopped, cut_off):
    joint, before = join(document, find_hole(document, lines)), document.text
    tree = document.tree and document.tree.text
    outcome = postprocess(text, joint, Growth(document), stopped=stopped, cut_off=cut_off)
    assert not warned.records
    assert document.text == before
    assert tree == (document.tree and document.tree.text)
    if isinstance(outcome, Suggestion):
        assert outcome.text.strip()
        # No newline but the document's own.
        rest = outcome.text.replace(joint.hole.newline, "")
        assert not {"\n", "\r"} & set(rest)


@pytest.fixture(scope="module")
def warned():
    """The warnings that are logged while the fixture lives."""
    handler = Kept()
    logger = logging.getLogger("codegen")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


class Kept(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.records = []

    def emit(self, record):
        self.records.append(record)


@st.composite
def balanced(draw, depth=0):
    """Code in which each bracket is closed, over one line or more."""
    indent = "    " * (depth + 1)
    inner = balanced(depth + 1) if depth < 3 else st.just("x")
    kinds = {
        "f": lambda: f"f({draw(inner)})",
        "[": lambda: f"[{draw(inner)}]",
        "{": lambda: f"{{\n{indent}    {draw(inner)}\n{indent}}}",
        "\n": lambda: f"\n{indent}{draw(inner)}",
    }
    parts = draw(st.lists(st.sampled_from([*kinds, "x", '"a"', ", ", " + 1"]), max_size=4))
    return "".join(kinds[part]() if part in kinds else part for part in parts)


CLOSERS = ("", ")", "]", "}", "\n}", "\n    }\n}", "))", "\n)", ")\n}\n")
WHOLE = [(path, source) for path, source in SOURCES if "<" not in source]


@given(
    place=st.sampled_from(WHOLE),
    text=balanced(),
    closers=st.sampled_from([*CLOSERS, "below"]),
    lines=st.sampled_from(["auto", "multi"]),
)
def test_no_bracket_is_closed_twice(place, text, closers, lines):
    """Where all is closed in the source, and in what was written but for what is closed below."""
    path, source = place
    document = at_cursor(source, path)
    joint = join(document, find_hole(document, lines))
    assume(not joint.in_text and is_whole(document.text, joint.lexis))
    text += document.after if closers == "below" else closers
    outcome = postprocess(text, joint, Growth(document))
    if isinstance(outcome, Suggestion):
        assert not strays(document.before + outcome.text + document.after, joint.lexis)


def strays(text, lexis):
    return [event for event in scan(text, lexis, []) if event.kind == "stray"]


def is_whole(text, lexis):
    stack = []
    stray = any(event.kind == "stray" for event in scan(text, lexis, stack))
    return not stray and not any(frame.closer != "\n" for frame in stack)
