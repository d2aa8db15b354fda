"""Decides whether a document gets suggestions, by the user's settings and its workspace's."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from codegen.reasons import Reason
from codegen.settings.editing import EditingSettings
from codegen.settings.exclude import excluded, is_below
from codegen.settings.workspace import Narrowing


def verdict(
    settings: EditingSettings,
    narrowings: Sequence[Narrowing],
    path: str | PurePath | None,
    language: str | None,
    size: int,
) -> Reason | None:
    """Why a document gets no suggestions, None if it may get some.

    Args:
        settings: the settings of the user and the editor.
        narrowings: what the roots of the workspace switch off; an item for every root.
        path: the document's absolute path; None if it is in no file.
        language: its LSP language id.
        size: code points of its text.
    """
    roots = [narrowing.root for narrowing in narrowings]
    layers: list[tuple[EditingSettings | Narrowing, Sequence[str]]] = [(settings, roots)]
    if path is not None:
        layers += (
            (narrowing, [narrowing.root])
            for narrowing in narrowings
            if is_below(path, narrowing.root)
        )
    for layer, inside in layers:
        if not layer.enabled:
            return Reason.DISABLED
        if not _allows(layer.languages, language):
            return Reason.LANGUAGE_DISABLED
        reason = excluded(path, size, layer.exclude, inside)
        if reason is not None:
            return reason
    return None


def _allows(languages: Mapping[str, bool], language: str | None) -> bool:
    return languages.get(language or "", languages.get("*", True))
