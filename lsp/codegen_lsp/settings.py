"""The settings that an editor sends: initializationOptions, and the section `codegen`.

An editor may have merged them with what a repository wants to be set. So nothing here can name a
file, a command or an address, a model is the name of one that is known, and what is wrong is
reported and ignored, field by field.

Over LSP the names are those of config.toml in camelCase, and the values the same: `maxLatency` is
in milliseconds, `unloadAfter` in minutes. A null is a field that isn't set: an editor that has
defaults of its own would otherwise override the user's file with them.
"""

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from codegen.settings.editing import EditingSettings
from codegen.settings.exclude import MAX_GLOBS
from codegen.settings.fields import FIELDS, KEYS, Field, wire_name
from codegen.settings.values import shown
from codegen.settings.workspace import first_problems

SECTION: Final = "codegen"
"""The section of an editor's settings that holds codegen's."""

_BY_CLIENT: Final[Mapping[str, Field]] = {
    each.wire: each for each in FIELDS if "client" in each.who
}
_BY_USER: Final = frozenset(
    {each.wire for each in FIELDS} | {wire_name(key) for key in KEYS} | {"mirrors"}
) - frozenset(_BY_CLIENT)

# `codegen.trace.server` is for the editor's client.
_NOT_OURS: Final = frozenset({"trace"})


def resolve(
    own: EditingSettings, layers: Sequence[object], known: Callable[[str], bool]
) -> tuple[EditingSettings, tuple[str, ...]]:
    """Lays what an editor sent over the user's own settings.

    Globs add up, and languages are laid over one by one; any other field replaces the one below.

    Args:
        own: the user's own, from config.toml.
        layers: values of JSON, each over the one before: an object with the settings, or one
            that has such an object under `codegen`.
        known: whether a name is that of a model which is in the catalogue or installed.

    Returns:
        The settings, and a sentence about each field that is ignored.
    """
    settings, problems = own, list[str]()
    for name, value in (piece for layer in layers for piece in _pieces(layer)):
        try:
            field = _field(name)
            read = _model(value, known) if name == "model" else field.kind.read(value)
        except ValueError as error:
            problems.append(f"the setting {shown(name)} = {shown(value)} is ignored: {error}")
        else:
            joined = _join(getattr(settings, field.name), read)
            settings = dataclasses.replace(settings, **{field.name: joined})
    return settings, first_problems(problems)


def names_in(layer: object) -> frozenset[str]:
    """The fields that are set in what an editor sent."""
    return frozenset(name for name, _ in _pieces(layer))


def without(layer: object, names: frozenset[str]) -> object:
    """What an editor sent, without these fields."""
    section = layer.get(SECTION, layer) if isinstance(layer, Mapping) else layer
    if not isinstance(section, Mapping):
        return layer
    return {name: value for name, value in section.items() if str(name) not in names}


def _pieces(layer: object) -> Iterator[tuple[str, object]]:
    """The fields that are set; a list or a table item by item, so that a wrong item is alone."""
    section = layer.get(SECTION, layer) if isinstance(layer, Mapping) else layer
    # Lua has no difference between an empty table and an empty list.
    if section is None or section == []:
        return
    if not isinstance(section, Mapping):
        yield SECTION, section
        return
    for name, value in ((str(key), each) for key, each in section.items()):
        if value is None or name in _NOT_OURS:
            continue
        if name == "languages" and isinstance(value, Mapping):
            yield from ((name, {key: each}) for key, each in value.items())
        elif name == "exclude" and isinstance(value, list):
            yield from ((name, [each]) for each in value[:MAX_GLOBS])
            if len(value) > MAX_GLOBS:
                # A list of this length is refused, with a message that not all of it counts.
                yield name, value
        elif not (name == "languages" and value == []):
            yield name, value


def _field(name: str) -> Field:
    if name in _BY_CLIENT:
        return _BY_CLIENT[name]
    if name == SECTION:
        raise ValueError("expected an object")
    if wire_name(name) in _BY_USER:
        raise ValueError("it can only be set in the user's own configuration")
    near = difflib.get_close_matches(wire_name(name[:100]), _BY_CLIENT, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_BY_CLIENT)}"
    raise ValueError(f"there is no such setting; {hint}")


def _model(value: object, known: Callable[[str], bool]) -> str:
    if not isinstance(value, str) or not value or value.lower().endswith(".gguf"):
        raise ValueError(_A_NAME)
    if value.startswith(".") or any(mark in value for mark in "/\\~:\0"):
        raise ValueError(_A_NAME)
    if not known(value):
        raise ValueError("no model of that name is in the catalogue or installed")
    return value


_A_NAME: Final = (
    "expected the name of a model; a path can only be set in the user's own configuration"
)


def _join(below: Any, above: Any) -> Any:
    if isinstance(below, tuple):
        return tuple(dict.fromkeys((*below, *above)))
    if isinstance(below, Mapping):
        return {**below, **above}
    return above
