"""Whether a document gets suggestions: the user's settings, and what its workspace switches off."""

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
    """Why a document gets no suggestions, None if it may.

    Args:
        settings: the user's.
        narrowings: one per root of the workspace, whether it has a file or not.
        path: the document's absolute path; None if it has none.
        language: its LSP language.
        size: code points of its text.
    """
    roots = [narrowing.root for narrowing in narrowings]
    layers: list[tuple[EditingSettings | Narrowing, Sequence[str]]] = [(settings, roots)]
    if path is not None:
        layers += ((each, [each.root]) for each in narrowings if is_below(path, each.root))
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
