"""Which documents get suggestions, by name, language, size and the workspace's own file."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pygls.uris import to_fs_path

from codegen.reasons import Reason
from codegen.settings.editing import EditingSettings
from codegen.settings.policy import verdict
from codegen.settings.workspace import NARROWING_FILE, Narrowing, read_narrowing

if TYPE_CHECKING:
    from codegen.session.file import OpenFile

_log = logging.getLogger("codegen.lsp")


class Gate:
    """Says why a document gets no suggestions, and logs it once."""

    def __init__(self, folders: Callable[[], Sequence[str]]) -> None:
        """Begins without documents; `folders` returns the URIs of the workspace's folders."""
        self._folders = folders
        self._real_paths: dict[str, str] = {}
        self._told: dict[str, Reason | None] = {}
        self._narrowings: dict[str, tuple[object, tuple[Narrowing, ...]]] = {}

    def open(self, uri: str) -> str | None:
        """Takes a document that was opened; returns its path, None if it is no file."""
        path = path_of(uri)
        if path is not None:
            self._real_paths[uri] = _real(path)
        return path

    def close(self, uri: str) -> None:
        """Forgets a document."""
        self._real_paths.pop(uri, None)
        self._told.pop(uri, None)

    def reason(self, file: "OpenFile", settings: EditingSettings) -> Reason | None:
        """The reason why a file gets no suggestions; None if it gets some."""
        # A document without a file has a name, too: a new `.env`, or a notebook's cell. A link is
        # judged by its target's name as well.
        place = file.path or _place_of(file.uri)
        places = dict.fromkeys((place, self._real_paths.get(file.uri, place)))
        narrowed, size = self._narrowed(), len(file.text)
        reasons = (verdict(settings, narrowed, each, file.language, size) for each in places)
        reason = next(filter(None, reasons), None)
        if reason != self._told.get(file.uri):
            self._told[file.uri] = reason
            if reason is not None:
                _log.info("nothing is suggested in %s: %s", place or file.uri, reason)
        return reason

    def _narrowed(self) -> list[Narrowing]:
        """What the file of each workspace folder switches off; read again once it has changed.

        Where a folder is a link, that holds below the link and below its target.
        """
        narrowings = list[Narrowing]()
        for uri in self._folders():
            root = path_of(uri)
            if root is None:
                continue
            known = self._narrowings.get(root)
            stamp = _stamp(Path(root, NARROWING_FILE))
            if known is None or known[0] != stamp:
                narrowing, problems = read_narrowing(root)
                for problem in problems:
                    _log.warning("%s", problem)
                roots = dict.fromkeys((root, _real(root)))
                known = (stamp, tuple(replace(narrowing, root=each) for each in roots))
                self._narrowings[root] = known
            narrowings += known[1]
        return narrowings


def path_of(uri: str) -> str | None:
    """The path of a document that is a file, None for any other."""
    # A client should have escaped these characters of a name. pygls cuts the path at them, and a
    # secret file isn't recognised without the end of its name.
    uri = uri.replace(";", "%3B")
    if uri[:5].lower() == "file:":
        uri = uri.replace("#", "%23").replace("?", "%3F")
    try:
        return to_fs_path(uri)
    except ValueError:
        return None


def _place_of(uri: str) -> str | None:
    try:
        return unquote(urlsplit(uri).path) or None
    except ValueError:
        return None


def _real(path: str) -> str:
    """The target of a path with links; the path itself where that can't be told."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _stamp(path: Path) -> object:
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
