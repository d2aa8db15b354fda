"""The table of all settings: their names, values, meanings, and who may set them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from codegen.engine.device import DeviceWish
from codegen.engine.manifest import PrecisionWish
from codegen.settings import values
from codegen.settings.exclude import usable_globs


@dataclass(frozen=True, slots=True)
class Field:
    """A setting of the language server.

    `name` is its key in [editor] and its attribute of EditingSettings. `default` is written as in
    TOML or JSON; None if there is no default. `who` may set it: the "user" in config.toml, the
    "client" over LSP, and the "workspace" in its .codegen.toml, which can only switch things off.
    """

    name: str
    kind: values.Kind
    default: object
    who: tuple[Literal["user", "client", "workspace"], ...]
    meaning: str

    @property
    def wire(self) -> str:
        """The setting's name over LSP."""
        return wire_name(self.name)


def wire_name(name: str) -> str:
    """The name of a key over LSP: `max_latency` is maxLatency."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _globs(value: Any) -> tuple[str, ...]:
    globs, problems = usable_globs(value)
    if problems:
        raise ValueError(problems[0])
    return globs


_FLAG: Final = values.Kind("true or false", lambda value: isinstance(value, bool))
_DEVICE: Final = values.one_of(*get_args(DeviceWish))
_MODEL: Final = values.Kind(
    "a name, or an absolute path", lambda value: isinstance(value, str), values.model
)
_LINES: Final = values.one_of("auto", "single", "multi")
_PATH: Final = values.Kind("an absolute path", lambda value: isinstance(value, str), values.path)
_GLOBS: Final = values.Kind("a list of globs", lambda value: isinstance(value, list), _globs)
_LANGUAGES: Final = values.Kind(
    "languages, each with true or false",
    lambda value: (
        isinstance(value, dict) and all(isinstance(flag, bool) for flag in value.values())
    ),
)
_LATENCY: Final = values.number("milliseconds", 100, 60_000, lambda value: value / 1000)
_PATIENCE: Final = values.number("milliseconds", 0, 60_000, lambda value: value / 1000)
_MINUTES: Final = values.number("minutes", 0, 10_000, lambda value: value or None)
_CANDIDATES: Final = values.number("a whole number", 1, 10, int, step=1)

KEYS: Final[Mapping[str, Callable[[object], object]]] = {
    "model": values.model,
    "device": _DEVICE.read,
    "precision": values.one_of(*get_args(PrecisionWish)).read,
    "threads": values.count,
    "offline": values.flag,
    "compute_path": values.word,
    "context_tokens": values.context_tokens,
    "cache_dir": values.path,
    "model_mirrors": values.path,
}
"""The keys of the configuration file outside [editor], and how their values are read."""

_USER: Final = ("user",)
_CLIENT: Final = ("user", "client")
_ALL: Final = ("user", "client", "workspace")

FIELDS: Final = (
    Field("enabled", _FLAG, True, _ALL, "suggest at all"),
    Field("languages", _LANGUAGES, {}, _ALL, "by LSP language id; `*` is every other one"),
    Field("exclude", _GLOBS, [], _ALL, "globs of files without suggestions; all layers add up"),
    Field("max_latency", _LATENCY, 6000, _CLIENT, "after this, show what there is"),
    Field("lines", _LINES, "auto", _CLIENT, "how much to suggest"),
    Field("candidates", _CANDIDATES, 3, _CLIENT, "how many to draw when asked for explicitly"),
    Field("debounce", _FLAG, True, _CLIENT, "wait for a pause as long as the typing suggests"),
    Field(
        "completion",
        values.one_of("auto", "on", "off"),
        "auto",
        _CLIENT,
        "offer suggestions as `textDocument/completion` too; auto is where the editor has no "
        "inline completion",
    ),
    Field(
        "menu_patience",
        _PATIENCE,
        None,
        _CLIENT,
        "after this, answer a menu's request without the model; unset, as it suits the editor",
    ),
    Field("compute_ahead", _FLAG, True, _CLIENT, "prepare for what is likely to be asked next"),
    Field("unload_after", _MINUTES, 0, _CLIENT, "idle for so long, free the memory; 0 is never"),
    Field(
        "log_level",
        values.one_of("error", "warning", "info", "debug"),
        "info",
        _CLIENT,
        "what is logged",
    ),
    Field(
        "model",
        _MODEL,
        None,
        _CLIENT,
        "instead of the `model` of all commands; an editor may only name one that is known",
    ),
    Field("device", _DEVICE, None, _CLIENT, "instead of the `device` of all commands"),
    Field("log_file", _PATH, None, _USER, "where the log is written, too; old ones are rotated"),
    Field("log_source", _FLAG, False, _USER, "at level debug, source text is logged, too"),
    Field("fetch", _FLAG, False, _USER, "fetch a model that is missing without asking"),
)
"""All settings of the language server. Reading and documentation both follow this table."""
