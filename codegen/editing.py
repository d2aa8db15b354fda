"""What shapes suggestions while one types, and what a workspace may switch off of it.

The settings come in layers. The user's own configuration is trusted (codegen.config, which also
has the table of all fields). What an editor sends may have been merged with a repository's own
settings, so that it can't name a file or a command (codegen_lsp.settings). A repository's
.codegen.toml can only switch off.
"""

import stat
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, Final, Literal

from codegen.exclude import excluded, is_below, shown, usable_globs

# Reasons why nothing is suggested, beside those of codegen.exclude.
DISABLED: Final = "disabled"
LANGUAGE_DISABLED: Final = "language-disabled"

NARROWING_FILE: Final = ".codegen.toml"

_MAX_FILE_BYTES: Final = 64 * 1024
_MAX_PROBLEMS: Final = 10


@dataclass(frozen=True, slots=True)
class EditingSettings:
    """What shapes suggestions while one types; codegen.config.FIELDS says what each field means.

    `max_latency` is in seconds: at a new place the prompt alone may take three (context.budget),
    and an answer that comes then is still wanted. `menu_patience` is in seconds too, None for what
    suits the client. `unload_after` is in minutes, None for never.
    `model` and `device` are None where codegen.config.Settings' own count.
    """

    enabled: bool = True
    languages: Mapping[str, bool] = field(default_factory=dict, hash=False)
    exclude: tuple[str, ...] = ()
    max_latency: float = 6.0
    lines: Literal["auto", "single", "multi"] = "auto"
    candidates: int = 3
    debounce: bool = True
    completion: Literal["auto", "on", "off"] = "auto"
    menu_patience: float | None = None
    compute_ahead: bool = True
    unload_after: float | None = None
    log_level: Literal["error", "warning", "info", "debug"] = "info"
    model: str | None = None
    device: Literal["auto", "cpu", "cuda"] | None = None
    log_file: Path | None = None
    log_source: bool = False
    fetch: bool = False

    def allows(self, language: str | None) -> bool:
        """Whether a language, by its LSP name, is not switched off."""
        return _allows(self.languages, language)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what is `expected`, and how it is turned into what a setting holds."""

    expected: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], object] = lambda value: value

    def read(self, value: object) -> object:
        """Turns a value of TOML or JSON into a setting's.

        Raises:
            ValueError: it is not of this kind.
        """
        if not self.accepts(value):
            raise ValueError(f"expected {self.expected}")
        return self.convert(value)


def one_of(*words: str) -> Kind:
    """One of some words."""
    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", lambda value: value in words)


def number(
    what: str, low: int, high: int, convert: Callable[[Any], object], step: float = 0
) -> Kind:
    """A number between two others; a multiple of `step` unless that is 0."""

    def accepts(value: object) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and low <= value <= high
            and (not step or value % step == 0)
        )

    return Kind(f"{what} from {low:,} to {high:,}", accepts, convert)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a workspace's own file switches off, for the files below its directory `root`.

    A repository that somebody merely opened must not change what runs: it can't switch on
    anything, nor name anything.
    """

    root: str
    enabled: bool = True
    languages: Mapping[str, bool] = field(default_factory=dict, hash=False)
    exclude: tuple[str, ...] = ()


def read_narrowing(root: str) -> tuple[Narrowing, tuple[str, ...]]:
    """Reads .codegen.toml in a root of a workspace, if there is one.

    One that can't be read switches everything off: what it was meant to keep from a model isn't
    known.

    Returns:
        What it switches off, and a sentence about each thing in it that is ignored.
    """
    path = Path(root, NARROWING_FILE)
    # A relative root would be one in the directory that codegen happens to run in.
    if not path.is_absolute():
        return Narrowing(root), ()
    try:
        table = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return Narrowing(root), ()
    except (OSError, ValueError, RecursionError) as error:
        # tomllib goes down into nested arrays by recursion.
        reason = error.strerror if isinstance(error, OSError) else error
        why = f"nothing is suggested below {root}, since {path} can't be read: {reason}"
        return Narrowing(root, enabled=False), (why,)
    narrowing, problems = Narrowing(root), list[str]()
    for name, value in table.items():
        if name == "enabled" and value is False:
            narrowing = replace(narrowing, enabled=False)
        elif name == "languages" and isinstance(value, dict):
            off = {key: False for key, each in value.items() if each is False}
            narrowing = replace(narrowing, languages=off)
            problems += (
                f"{shown(f'languages.{key}')} = {shown(value[key])}"
                for key in value
                if key not in off
            )
        elif name == "exclude" and isinstance(value, list):
            globs, bad = usable_globs(value)
            narrowing = replace(narrowing, exclude=globs)
            problems += (f"exclude has {each}" for each in bad)
        else:
            problems.append(f"{shown(name)} = {shown(value)}")
    allowed = "a workspace may say enabled = false, languages.NAME = false, and exclude = [globs]"
    told = (f"{each} in {path} was ignored; {allowed}" for each in problems)
    return narrowing, first_problems(told)


def verdict(
    settings: EditingSettings,
    narrowings: Sequence[Narrowing],
    path: str | PurePath | None,
    language: str | None,
    size: int,
) -> str | None:
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
            return DISABLED
        if not _allows(layer.languages, language):
            return LANGUAGE_DISABLED
        reason = excluded(path, size, layer.exclude, inside)
        if reason is not None:
            return reason
    return None


def first_problems(problems: Iterable[str]) -> tuple[str, ...]:
    """Problems, each told once, and not more of them than somebody reads."""
    each = tuple(dict.fromkeys(problems))
    if len(each) <= _MAX_PROBLEMS:
        return each
    return *each[:_MAX_PROBLEMS], f"{len(each) - _MAX_PROBLEMS} more were ignored as well"


def _read(path: Path) -> dict[str, Any]:
    # A workspace is what somebody unpacked: a link could lead to any file, a pipe never ends.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise ValueError(f"it is larger than {_MAX_FILE_BYTES // 1024} KiB")
    return tomllib.loads(content.decode("utf-8"))


def _allows(languages: Mapping[str, bool], language: str | None) -> bool:
    return languages.get(language or "", languages.get("*", True))
