"""The syntax tree of a text that is edited: only what differs from the text before is parsed."""

import logging
import threading
from collections.abc import Callable

from codegen.syntax.language import Language
from codegen.syntax.opening import MAX_PARSED, parse
from codegen.syntax.tree import SyntaxTree
from codegen.syntax.turns import ParsingTooLongError

_log = logging.getLogger(__name__)


class Trees:
    """Keeps the newest tree of a file. Any thread may ask; it answers a single thread at a time.

    After a burst of edits only the resulting text is parsed, as a single edit.
    """

    def __init__(self, language: Language | None) -> None:
        """Parses nothing yet."""
        self._language = language
        self._newest: SyntaxTree | None = None
        # The code points of a text that took too long: a text as large isn't parsed again.
        self._too_long = MAX_PARSED + 1
        self._lock = threading.Lock()

    def of(self, text: str, *, keep: bool = True) -> SyntaxTree | None:
        """The tree of a text; None if its language has no grammar here, or the text is too large.

        Args:
            text: the file's text, or a text that the file may have soon.
            keep: whether it is the file's text, with which the next text is compared.
        """
        with self._lock:
            tree = self._of(text)
            if keep:
                self._newest = tree
            return tree

    def _of(self, text: str) -> SyntaxTree | None:
        if len(text) >= self._too_long or self._language is None:
            return None
        newest = self._newest
        if newest is None:
            tree = parse(text, self._language)
            if tree is None:
                self._too_long = min(self._too_long, max(1, len(text)))
            return tree
        if newest.text == text:
            return newest
        start, old_end, new_end = changed_span(newest.text, text)
        try:
            return newest.edited(start, old_end, text[start:new_end])
        except ParsingTooLongError as error:
            _log.warning("a file is read without its syntax: %s", error)
            self._too_long = len(text)
            return None


def changed_span(old: str, new: str) -> tuple[int, int, int]:
    """The span in which two texts differ, in code points.

    Returns:
        Where it begins in both texts, where it ends in the old text, and where in the new one.
    """
    shorter = min(len(old), len(new))
    start = _longest(shorter, lambda size: old[:size] == new[:size])
    same = _longest(shorter - start, lambda size: old[len(old) - size :] == new[len(new) - size :])
    return start, len(old) - same, len(new) - same


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """The greatest size up to `most` that `holds`; all smaller sizes must hold, too."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if holds(middle):
            least = middle
        else:
            most = middle - 1
    return least
