"""Untrusted text can only be read on a terminal."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.cli.terminal import visible


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(x):\n\treturn x  # ~\n",
        "é e\u0301 ß Ω ж א ع ก ",
        "日本語　한국어 𠮷",
        "\u00a0\u2003",
        "😀 ❤\ufe0f 👍🏽 🇩🇪 1\ufe0f\u20e3 ☎\ufe0e",
        "\ufffd",
    ],
)
def test_ordinary_text_is_unchanged(text: str):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J\x1b]0;x\x07", "<U+001B>[2J<U+001B>]0;x<U+0007>"),
        ("a\0\x08\x7f", "a<U+0000><U+0008><U+007F>"),
        ("a\r\n\x0b\x0c", "a<U+000D>\n<U+000B><U+000C>"),
        ("\x85\x9b1m", "<U+0085><U+009B>1m"),
        ("\u202a\u202b\u202c\u202d\u202e", "<U+202A><U+202B><U+202C><U+202D><U+202E>"),
        ("\u2066\u2067\u2068\u2069", "<U+2066><U+2067><U+2068><U+2069>"),
        ("\u200e\u200f\u061c", "<U+200E><U+200F><U+061C>"),
        ("a\u200bb\u2060\ufeff\u00ad", "a<U+200B>b<U+2060><U+FEFF><U+00AD>"),
        ("👩\u200d💻 \u200c", "👩<U+200D>💻 <U+200C>"),
        ("\u2028\u2029", "<U+2028><U+2029>"),
        ("\udcff\ud800", "<U+DCFF><U+D800>"),
        ("\ue000\U0010ffff\u0378", "<U+E000><U+10FFFF><U+0378>"),
        ("\U000e0041\U000e0100\ufe00", "<U+E0041><U+E0100><U+FE00>"),
        ("\u3164\u115f\uffa0\u034f\u180e", "<U+3164><U+115F><U+FFA0><U+034F><U+180E>"),
    ],
)
def test_what_hides_or_controls_is_shown(text: str, expected: str):
    assert visible(text) == expected


def check_safe(text: str) -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    shown = visible(text)
    assert not [c for c in shown if c not in "\n\t" and unicodedata.category(c) in hidden]


def test_every_code_point_is_shown_or_replaced():
    check_safe("".join(map(chr, range(sys.maxunicode + 1))))


@given(st.text(st.characters()))
def test_any_text_is_printable_afterwards(text: str):
    check_safe(text)
    if text.isprintable() and text.isascii():
        assert visible(text) == text
