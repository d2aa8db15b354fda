"""Builds HTML as a tree of elements, so that text is escaped in one place and never forgotten.

Text that a model wrote is shown and never interpreted. Characters that control, hide or reorder
text are shown by their number.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, Union

from codegen.cli.terminal import visible

Attribute = str | int | float | bool | None
Child = Union["Element", str, None, Iterable["Child"]]

_VOID: Final = frozenset({"meta", "br", "hr"})
_TAGS: Final = frozenset({
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav", "section",
    "h1", "h2", "h3", "h4", "p", "a", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "div", "span",
    "strong", "em", "small", "code", "pre", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "figure", "figcaption",
    "svg", "g", "path", "line", "polyline", "polygon", "circle", "rect", "text",
})  # fmt: skip
_ATTRIBUTE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
_MARK: Final = re.compile(r"<(U\+[0-9A-F]{4,6})>")


@dataclass(frozen=True, slots=True)
class Element:
    """An element with its content; `el` makes it and checks the names."""

    tag: str
    attributes: tuple[tuple[str, Attribute], ...]
    children: tuple[Child, ...]


def el(tag: str, *children: Child, **attributes: Attribute) -> Element:
    """An element.

    Args:
        tag: one of the tags that the report uses, which include no scripts.
        children: elements, text, None for nothing, and iterables of these.
        attributes: `class_` is class, `aria_label` aria-label; True is an attribute without a
            value, None and False none.

    Raises:
        ValueError: a report may not have this tag or attribute.
    """
    if tag not in _TAGS:
        raise ValueError(f"a report may not have <{tag}>")
    named = tuple((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    for name, value in named:
        if not _ATTRIBUTE.fullmatch(name) or name.startswith("on"):
            raise ValueError(f"a report may not have the attribute {name!r}")
        if name in {"href", "src"} and not str(value).startswith("#"):
            raise ValueError(f"a report links only to itself, not to {value!r}")
    return Element(tag, named, children)


def document(root: Element) -> str:
    """The page's text."""
    return "<!doctype html>\n" + "".join(_render(root)) + "\n"


def _render(child: Child) -> Iterator[str]:
    if child is None:
        return
    if isinstance(child, str):
        yield _text(child)
        return
    if not isinstance(child, Element):
        for each in child:
            yield from _render(each)
        return
    yield f"<{child.tag}{''.join(_attributes(child))}>"
    if child.tag in _VOID:
        return
    if child.tag == "style":
        yield _style(child)
    elif child.tag == "title":
        yield from (escape(visible(each)) for each in child.children if isinstance(each, str))
    else:
        for each in child.children:
            yield from _render(each)
    yield f"</{child.tag}>"


def _attributes(element: Element) -> Iterator[str]:
    for name, value in element.attributes:
        if value is True:
            yield f" {name}"
        elif value is not None and value is not False:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            yield f' {name}="{escape(visible(shown))}"'


def _text(text: str) -> str:
    shown = visible(text)
    if shown == text:
        return escape(text, quote=False)
    # Character by character: a text may also hold the very letters that a mark consists of.
    return "".join(map(_character, text))


def _character(character: str) -> str:
    mark = _MARK.fullmatch(visible(character))
    if mark is None:
        return escape(character, quote=False)
    return f'<span class="hidden">{mark.group(1)}</span>'


def _style(element: Element) -> str:
    """The style sheet, which is ours: browsers don't decode entities in it."""
    text = "".join(each for each in element.children if isinstance(each, str))
    if "<" in text:
        raise ValueError("a style sheet has no markup")
    return text
