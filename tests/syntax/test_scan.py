"""What is open at the end of a text, by language: the marks that close it, the outermost first.

`$` is the end of the line.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.syntax.registry import language_of, lexis_of
from codegen.syntax.scan import scan

OPEN = {
    "a.py": [
        ("f(x, [", ") ]"),
        ('x = "a', '"'),
        ("x = 'a", "'"),
        ('x = "a\n', ""),
        ('x = """a\n"', '"""'),
        ('x = """a\n""', '"""'),
        ('f"{', '" }'),
        ('f"{x!r:{', '" } }'),
        ('f"{{', '"'),
        ("f'{x[\"", "' } ] \""),
        ('rf"{', '" }'),
        ('r"\\', '"'),
        ('r"\\"', '"'),
        ('r"\\\\"', ""),
        ('b"', '"'),
        ('Rb"""', '"""'),
        ("# don't (", "$"),
        ("# (\nf(", ")"),
        ('x = "#', '"'),
        ("f(\n    # )\n", ")"),
        ("f'''{x}", "'''"),
        ("f'''{\n", "''' }"),
        ('it = d["a"]["', '] "'),
        ('"a\\\n', '"'),
        ("'a\\\nb'", ""),
        ('x = f"{a:>{w', '" } }'),
    ],
    "a.js": [
        ("`a ${", "` }"),
        ("`a ${x} b", "`"),
        ("`a ${`b ${", "` } ` }"),
        ("`${f(`", "` } ) `"),
        ("'a", "'"),
        ('"a\n', ""),
        ('"a\\\n', '"'),
        ("/* a", "*/"),
        ("// a (", "$"),
        ("/* ( */ {", "}"),
        ("x = /[(]/; f(", ")"),
        ('x = /"/; "', '"'),
        ('x = a / b; y = c / "', '"'),
        ("return /\\(/.test(", ")"),
        ('s.replace(/[/"]/g, "', ') "'),
        ("x = a /b; y = (", ")"),
        ("if (/^(\\(|{)/.test(x)) {", "}"),
        ("f(() => {", ") }"),
        ("`\\${", "`"),
        ("`$", "`"),
        ("`\\`", "`"),
        ("return <div>", "</div>"),
        ("return <div", ">"),
        ("return <A b={", "> }"),
        ('return <A b="', '> "'),
        ("return <><b>{x", "</> </b> }"),
    ],
    "a.tsx": [
        ("const x: A<B> = f(", ")"),
        ("function f<T>(x: Map<A, B<", ")"),
        ("const f = <T extends A>(x: T) => {", "}"),
        ("const x = useState<A[]>([", ") ]"),
        ("type A = { b: C<D> }; f(", ")"),
        ("let x: Array<", ""),
        ("return <A {...p}>", "</A>"),
        ("return (\n    <A\n      b={c}\n      ", ") >"),
        ("const a = b as C<D>; return <A>", "</A>"),
    ],
    "a.ts": [
        ("let x: A<B>= f(", ")"),
        ("x = <A>y; f(", ")"),
        ("`${a}${", "` }"),
        ("type A = 'a' | '", "'"),
        ("const re = /`/; `", "`"),
    ],
    "a.go": [
        ('x := `a\n"', "`"),
        ("'\\'', '(', f(", ")"),
        ("r == '\"' && f(", ")"),
        ('"a\\"', '"'),
        ("`\\`", ""),
        ("'{', {", "}"),
        ("// (\nfunc f() {", "}"),
        ("'\\x41', '\\u00e9', (", ")"),
        ("`a` + (", ")"),
        ("map[string][]int{", "}"),
        ("'", ""),
        ('struct {\n\tA int `json:"', "} `"),
    ],
    "a.rs": [
        ("fn f<'a>(x: &'a str, y: &'", ")"),
        ("'a: loop {", "}"),
        ("'(' => f(", ")"),
        ("'\\'' , (", ")"),
        ('r#"a"(', '"#'),
        ('r#"a"#, (', ")"),
        ('r"\\" (', ")"),
        ('br##"a"#', '"##'),
        ('"a\n(', '"'),
        ('"a\n" (', ")"),
        ("b'(', (", ")"),
        ("b'\"', (", ")"),
        ("let x = '\"'; g(", ")"),
        ('format!("{', ') "'),
        ('println!("a{}", {', ") }"),
        ("impl<'a> A<'a> {", "}"),
        ("vec![(", "] )"),
        ("/// don't (\nf(", ")"),
        ("#[derive(", "] )"),
        ("'\\u{1F600}' (", ")"),
        ('c"a(', '"'),
        ('b"a(', '"'),
    ],
    "a.java": [
        ('"""\n  a "b" (', '"""'),
        ("'\"' + f(", ")"),
        ("'\\'' + (", ")"),
        ("@A({", ") }"),
        ("List<Map<A, B>> x = f(", ")"),
        ('"a\\"(', '"'),
        ("/** don't ( */ f(", ")"),
        ('"a\n(', ")"),
        ("'('", ""),
        ('"""\n a \\""" (', '"""'),
    ],
    "a.cpp": [
        ('R"(a)"', ""),
        ('R"(a" (', ')"'),
        ('R"x(a)" (', ')x"'),
        ('R"x(a)x" (', ")"),
        ("'('; f(", ")"),
        ("1'000'000; f(", ")"),
        ("'\"' (", ")"),
        ("#define A(x) {", "}"),
        ("#include <a>\nf(", ")"),
        ('"a" "b', '"'),
        ("std::vector<int> x{", "}"),
        ("L'(' (", ")"),
        ("u8'\"' (", ")"),
        ('LR"(a" (', ')"'),
        ('u8R"(a', ')"'),
        ("'\\\\' (", ")"),
        ("#error don't\nf(", ")"),
        ("if (x) { // {", "} $"),
        ("0xFF'FF (", ")"),
    ],
    "a.cs": [
        ('$"{', '" }'),
        ('$"{{', '"'),
        ('@"a\\" + (', ")"),
        ('@"a""(', '"'),
        ('$@"a {', '" }'),
        ('@$"a""{', '" }'),
        ('"""a " (', '"""'),
        ("'\"' (", ")"),
        ("'(' (", ")"),
        ('$"""a {', '""" }'),
        ('$"{d["', '" } ] "'),
        ('"a\n(', ")"),
        ('"" + (', ")"),
        ('@"a\nb (', '"'),
    ],
    "a.rb": [
        ('"#{', '" }'),
        ("'#{", "'"),
        ("# (\nf(", ")"),
        ("x = <<~A\n (", "A"),
        ("x = <<~A\n  a\nA\nf(", ")"),
        ("f(<<~A, (", ") )"),
        ('f(<<~A)\n "', "A"),
        ("f(<<~A, b)\n a\n A\n {", "}"),
        ("x << A\n(", ")"),
        ('xs << "a" (', ")"),
        ("/\\(/ =~ f(", ")"),
        ('x =~ /"/ ; "', '"'),
        ("it's", ""),
        ("`a #{", "` }"),
        ("=begin\n(\n=end\n(", ")"),
        ('{ |x| "', '} "'),
        ("%w(a b", ")"),
        ("class A < B\n (", ")"),
        ("class << self\n(", ")"),
        ('x = a[0] / b["', '] "'),
        ('when /"/\n (', ")"),
        ('split(/,"/, (', ") )"),
        ('<<-SQL\n"', "SQL"),
        ('<<SQL\n"', "SQL"),
        ("<<~A\n #{", "A }"),
        ("$stdin.(", ")"),
    ],
    "a.php": [
        ('<?php\n$a = "b {$', '" }'),
        ('"b {', '"'),
        ('"b ${', '"'),
        ("'a\\'(", "'"),
        ("<<<A\n(", "A"),
        ("<<<A\n a\nA;\n(", ")"),
        ("<<<'A'\n\"", "A"),
        ("# (\nf(", ")"),
        ("#[A(", "] )"),
        ("// (", "$"),
        ('$a["', '] "'),
        ('"a\n(', '"'),
        ("'a\n(", "'"),
        ("<p>don't</p>\n<?php f(", ")"),
        ("// a ?>(\n[", "]"),
        ("fn($x) => [", "]"),
        ('"\\{$', '"'),
        ('<<<"A"\n{$', "A }"),
    ],
    "a.sh": [
        ('"$(', '" )'),
        ('"${', '" }'),
        ('"$(f "', '" ) "'),
        ("'a\n(", "'"),
        ('"a\n(', '"'),
        ("# (\nf(", ")"),
        ("$#; (", ")"),
        ("${#a[", "} ]"),
        ('\\" (', ")"),
        ("\\' (", ")"),
        ("don\\'t (", ")"),
        ("$'a\\'(", "'"),
        ("cat <<EOF\n(", "EOF"),
        ("cat <<EOF\n(\nEOF\n[", "]"),
        ('cat <<-"EOF"\n"', "EOF"),
        ("cat <<'EOF' | f (\n'", ") EOF"),
        ('cat <<< "a', '"'),
        ('case x in\n  a) f "', '"'),
        ("case x in\n  a)\n    {", "}"),
        ("x=$((1 << 2)) (", ")"),
        ("a#b (", ")"),
        ("'it'\\''s (", "'"),
        ("f() {", "}"),
        ('[[ $a =~ "', '] ] "'),
        ('if [ "$a" = "', '] "'),
        ('"`', '"'),
    ],
    "a.html": [
        ('<a href="', '> "'),
        ('<a href="x">', "</a>"),
        ("<br>", ""),
        ('<input type="', '> "'),
        ("<img/>", ""),
        ("<!-- <a>", "-->"),
        ("<!DOCTYPE html>\n<html>", "</html>"),
        ("<ul><li>a<li>", "</ul> </li> </li>"),
        ("<p>a</p>", ""),
        ("<p>{{ ", "</p> } }"),
        ('<a b="{{', '> " }'),
        ("<script>if (a < b) {", "</script> }"),
        ('<script>x = "</p', "</script>"),
        ("<style>a {", "</style> }"),
        ("<A>", "</A>"),
        ("<p>a > b < c", "</p>"),
        ("<input disabled>", ""),
        ("<a b='", "> '"),
        ("<a b=c", ">"),
        ('<a\n  b="\n', '> "'),
        ("<p>it's \"", "</p>"),
        ("<div></span>", "</div>"),
        ("<td>", "</td>"),
        ("<BR>", ""),
        ("<p>1) a", "</p>"),
    ],
    "a.vue": [
        ('<template>\n  <A :b="c > d" @e="', '</template> > "'),
        ("<template>{{ f(", "</template> } } )"),
    ],
    "a.xml": [
        ('<a:b c="', '> "'),
        ('<?xml version="1.0"?>\n<a>', "</a>"),
    ],
    "a.sql": [
        ("'it''s", "'"),
        ("'a", "'"),
        ("-- (\n(", ")"),
        ("/* (", "*/"),
        ("select f(a, '", ") '"),
        ('"a', '"'),
        ("a->>'", "'"),
        ("E'\\'", "'"),
        ("create table t (", ")"),
        ("'--' || (", ")"),
        ("[a", "]"),
    ],
    "a.yaml": [
        ('a: "', '"'),
        ("a: '", "'"),
        ("a: [", "]"),
        ("a: {b: [", "} ]"),
        ("# (\na: [", "]"),
        ("a: 'it''s", "'"),
        ("a: don't\nb: \"", '"'),
        ('- "', '"'),
        ("a: {{ x", "} }"),
        ('a: "{{', '"'),
        ('"a": ', ""),
        ("{'a': '", "} '"),
        ('a: [x, "b', '] "'),
    ],
    "a.toml": [
        ('a = "', '"'),
        ("a = 'C:\\", "'"),
        ("a = 'C:\\'\nb = [", "]"),
        ('a = """\n"', '"""'),
        ("a = '''\n'", "'''"),
        ("a = [", "]"),
        ("a = { b = [", "} ]"),
        ("# (\n[a", "]"),
        ('[a]\nb = "#', '"'),
        ("a = \"it's", '"'),
        ('a = """\\"""', '"""'),
    ],
    "a.kt": [
        ('"${', '" }'),
        ('"$', '"'),
        ('"""a "${', '""" }'),
        ("'\"' + (", ")"),
        ("'(' (", ")"),
        ('"\\${', '"'),
        ('"a\n(', ")"),
        ("fun <T> f(", ")"),
        ('"""\\"""(', ")"),
        ('"${f("', '" } ) "'),
    ],
    "a.swift": [
        ('"\\(', '" )'),
        ('"""\n\\(', '""" )'),
        ('"a\\"(', '"'),
        ('#"a"(', '"#'),
        ('"\\(f("', '" ) ) "'),
        ("don't (", ")"),
        ("#if (", ")"),
        ('{ $0 == "', '} "'),
        ('"\\\\(', '"'),
    ],
    "a.dart": [
        ("'${", "' }"),
        ('"${', '" }'),
        ("'''a'${", "''' }"),
        ("r'\\' (", ")"),
        ("r'$", "'"),
        ("'it\\'s", "'"),
        ("r'${", "'"),
        ("'a' 'b", "'"),
        ('"""a"', '"""'),
    ],
    "a.lua": [
        ("[[a\n(", "]]"),
        ("[==[a]] (", "]==]"),
        ("--[[ (", "]]"),
        ("--[==[ ]] (", "]==]"),
        ("-- (\nf(", ")"),
        ("'a", "'"),
        ("a[b[", "] ]"),
        ("a[b[1]](", ")"),
        ("x = #t (", ")"),
        ('"a\\"(', '"'),
        ("t[ [[a", "] ]]"),
        ("f'a", "'"),
        ("f[[a", "]]"),
        ("a[[", "]]"),
    ],
    "a.ini": [
        ("; (\na = [", "]"),
        ("# (", "$"),
        ("a = #b (", ")"),
        ("[a", "]"),
        ('a = "', '"'),
        ("a = it's (", ")"),
        ("a = b ; (", ")"),
    ],
    "Makefile": [
        ("# (\n$(", ")"),
        ('a: b\n\techo "', '"'),
        ("\techo 'it", "'"),
        ("$(call f,", ")"),
        ('$(shell echo "', ') "'),
        ("a := b#c (", ")"),
        ("\techo don't (", ")"),
        ("\techo \\# (", ")"),
    ],
    "a.xyz": [
        ("'a", "'"),
        ("don't (", ")"),
        ("# a (\n[", "]"),
        ("#a (", ")"),
        ("/* (", "*/"),
        ("// (", "$"),
        ("a // (", ")"),
        ("-- a (", "$"),
        ("x-- (", ")"),
        ('"a\n(', ")"),
        ("", ""),
    ],
    "unknown": [
        ('f("', ') "'),
    ],
    "a.json": [
        ('{"a": [', "} ]"),
        ('{"a', '} "'),
        ('{"a\\"', '} "'),
        ("// (", "$"),
        ('{"a": "//', '} "'),
    ],
    "a.css": [
        ("a { b: url(data:x;c/*d)", "}"),
        ('a { content: "', '} "'),
        ("/* a", "*/"),
        ('a[b="', '] "'),
        ("a:not(", ")"),
        ("url('a", ") '"),
        ('a::before { content: "\\"', '} "'),
        ("@import url(//x.y/z); a {", "}"),
    ],
    "a.scss": [
        ("// (", "$"),
        ("url(http://x) {", "}"),
        ("#{", "}"),
        ("$a: http://b (", ")"),
    ],
    "a.md": [
        ("don't", ""),
        ("[a](", ")"),
        ("(a", ")"),
        ("`", ""),
    ],
    "a.clj": [
        ('(f "a\n(', ') "'),
        ("'(a", ")"),
        ("; (\n(", ")"),
        ("\\( [", "]"),
    ],
    "a.hs": [
        ("f' (", ")"),
        ("'(' (", ")"),
        ("{- (", "-}"),
        ('"\\"', '"'),
        ("-- (\n(", ")"),
        ("foldl' (", ")"),
    ],
    "a.tex": [
        ("% (\n{", "}"),
        ("50\\% (", ")"),
    ],
    "a.pl": [
        ("$#a (", ")"),
        ("# (\n(", ")"),
        ("'a", "'"),
        ("$x{", "}"),
        ("q(a", ")"),
        ("main'x (", ")"),
    ],
    "a.m": [
        ('@"a', '"'),
        ("'(' (", ")"),
        ('[self f:@"', '] "'),
    ],
    "a.zig": [
        ("'(' {", "}"),
        ('\\\\a " (\n(', ")"),
    ],
    "a.v": [
        ("4'b0 (", ")"),
        ("// (", "$"),
    ],
    "a.ex": [
        ('"#{', '" }'),
        ("~s(a", ")"),
        ('"""\n"(', '"""'),
        ("# (\n[", "]"),
    ],
    "Dockerfile": [
        ('# (\nCMD ["', '] "'),
        ('RUN echo "a \\\n b', '"'),
        ("RUN echo 'a \\\n b", "'"),
    ],
    "a.scala": [
        ('s"${', '" }'),
        ('"""a"(', '"""'),
        ("'(' (", ")"),
        ("'a (", ")"),
        ('s"$', '"'),
        ('"\\"(', '"'),
        ('f"""${', '""" }'),
    ],
    "a.groovy": [
        ('"${', '" }'),
        ("'''a'(", "'''"),
        ("'a", "'"),
        ('"""${', '""" }'),
        ('x = ~/"/ (', ")"),
        ("sh '''\n", "'''"),
    ],
}


def lexis_at(path):
    return lexis_of(language_of(path), path)


def read(text, lexis, stack, start=0, end=None, *, by_depth=False):
    """The events of a part, each with what is open after it."""
    return [
        (event, tuple(stack)) for event in scan(text, lexis, stack, start, end, by_depth=by_depth)
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param(path, *row, id=f"{path} {row[0]}")
        for path, rows in OPEN.items()
        for row in rows
    ],
)
def test_open_at_the_end(path, text, expected):
    stack = []
    read(text, lexis_at(path), stack)
    assert " ".join(frame.closer.replace("\n", "$") for frame in stack) == expected


# What means something in some language, and what is awkward to count.
PIECES = (
    *("x", " ", "    ", "\t", "\n", "\n", "\r\n", "\r", "\x00", "\ud800", "é", "😀", "\u2028"),
    *("(", ")", "[", "]", "{", "}", "<a", "<a>", "</a>", "/>", ">", "<br>", "<!--", "-->"),
    *('"', "'", '"""', "'''", "`", "\\", "f'", 'rb"', 'r#"', '"#', 'R"(', ')"', '@"', "$", "${"),
    *("//", "/*", "*/", "/", "#", "#{", "--", "--[[", "]]", "{-", "-}", ";", "%", "=", "url("),
    *("<<~A", "<<A\n", "<<<A\n", "A\n", "=begin\n", "=end\n", "{{", "}}", "return", "don't"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
PATHS = st.sampled_from(sorted(OPEN))


@given(path=PATHS, text=TEXTS, by_depth=st.booleans())
def test_any_text_can_be_read(path, text, by_depth):
    stack = []
    events = read(text, lexis_at(path), stack, by_depth=by_depth)
    # An opening and a closing mark are two events of one character at most.
    assert len(events) <= 2 * len(text)
    ends = [event.end for event, _ in events]
    assert ends == sorted(ends)
    for _, frames in events:
        # A heredoc begins on the line below what opened it, and so after what is opened there.
        places = [one.at for one in frames if one.literal is None or not one.literal.heredoc]
        assert places == sorted(places)
        assert all(one.line <= one.at < len(text) for one in frames)


@given(path=PATHS, text=TEXTS, by_depth=st.booleans(), number=st.integers(0))
def test_in_two_parts_a_text_reads_as_in_one(path, text, by_depth, number):
    lexis = lexis_at(path)
    events = read(text, lexis, [], by_depth=by_depth)
    lines = [at for at, (event, _) in enumerate(events) if event.kind == "line"]
    if not lines:
        return
    at = lines[number % len(lines)]
    event, open_there = events[at]
    first, stack = [], list(open_there)
    assert read(text, lexis, first, 0, event.end, by_depth=by_depth) == events[: at + 1]
    assert first == stack
    assert read(text, lexis, stack, event.end, by_depth=by_depth) == events[at + 1 :]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", sorted(OPEN))
def test_a_long_line_of_one_mark_takes_no_long(path):
    """Where it grew with the square of the length, it would be minutes."""
    for piece in ("[/", "/[", "=/a", "<a ", "</a ", "#", "$", "{", "'\\a", "r#", "[=", "<<A", "\t"):
        for _ in scan(piece * 4000, lexis_at(path), []):
            pass
