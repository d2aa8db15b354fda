import pytest

from codegen_eval.report.html import document, el


def check(child, expected):
    text = document(el("p", child))
    assert text == f"<!doctype html>\n<p>{expected}</p>\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("</p><script>alert(1)</script>", "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\x1b[31m", '<span class="hidden">U+001B</span>[31m'),
        ("\u202eabc", '<span class="hidden">U+202E</span>abc'),
        ("\0", '<span class="hidden">U+0000</span>'),
        ("\ud800", '<span class="hidden">U+D800</span>'),
        ("a\r\n\tb", 'a<span class="hidden">U+000D</span>\n\tb'),
        # The letters of a mark are no mark.
        ("<U+202E>", "&lt;U+202E&gt;"),
        ("<U+202E>\u202e", '&lt;U+202E&gt;<span class="hidden">U+202E</span>'),
    ],
)
def test_text_is_shown_and_never_interpreted(text, expected):
    check(text, expected)


def test_children_may_be_nested_and_missing():
    check(("a", None, [el("em", "b"), (part for part in "cd")]), "a<em>b</em>cd")


def test_attributes_are_escaped():
    assert '"&quot;&gt;&lt;x&lt;U+202E&gt;"' in document(el("p", aria_label='"><x\u202e'))
    text = document(el("p", class_="a", hidden=True, title=None, id=False, tabindex=0, x=1.5))
    assert text == '<!doctype html>\n<p class="a" hidden tabindex="0" x="1.5"></p>\n'


@pytest.mark.parametrize("tag", ["script", "iframe", "img", "object", "p onclick", "P"])
def test_tags_that_a_report_doesn_t_need_are_refused(tag):
    with pytest.raises(ValueError, match="may not have <"):
        el(tag)


@pytest.mark.parametrize("attributes", [{"onclick": "x"}, {"a b": 1}, {"a>": 1}])
def test_attributes_that_run_or_break_out_are_refused(attributes):
    with pytest.raises(ValueError, match="may not have the attribute"):
        el("p", **attributes)


def test_links_lead_nowhere_else():
    with pytest.raises(ValueError, match="only to itself"):
        el("a", href="javascript:alert(1)")


def test_a_style_sheet_has_no_markup():
    with pytest.raises(ValueError, match="no markup"):
        document(el("style", "</style><p>"))


def test_a_title_has_no_elements():
    assert "<title>a &lt;U+001B&gt; &lt;b&gt;</title>" in document(el("title", "a \x1b <b>"))
