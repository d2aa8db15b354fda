"""Options that several commands share, and the settings with these options in them."""

import dataclasses
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from codegen.models.catalogue import entries

if TYPE_CHECKING:
    from codegen.settings.config import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def complete_model(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A shell's completions of a model: names of the catalogue, or else names of files."""
    names = [entry.name for entry in entries() if entry.name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


def offline_option(command: _Command) -> _Command:
    """Adds --offline, as the parameter `offline`."""
    return click.option("--offline", is_flag=True, help="Fetch nothing (CODEGEN_OFFLINE).")(command)


def device_option(command: _Command) -> _Command:
    """Adds --device, as the parameter `device`."""
    return click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        help="Where to compute; auto takes CUDA if it works (CODEGEN_DEVICE).",
    )(command)


def precision_option(command: _Command) -> _Command:
    """Adds --precision, as the parameter `precision`."""
    return click.option(
        "--precision",
        type=click.Choice(["auto", "int4", "fp32", "fp16"]),
        help="The weights' precision; auto: int4 on a CPU, fp16 on a GPU (CODEGEN_PRECISION).",
    )(command)


def model_option(command: _Command) -> _Command:
    """Adds --model, as the parameter `model`."""
    return click.option(
        "--model",
        metavar="NAME|PATH",
        shell_complete=complete_model,
        help="A name of the catalogue, or the path of a GGUF file, a Hugging Face directory or an "
        "exported model (CODEGEN_MODEL).",
    )(command)


def user_settings(
    *,
    model: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    offline: bool = False,
) -> "Settings":
    """The user's settings; options of the command line win over them."""
    from codegen.settings.config import load_settings  # noqa: PLC0415 - 40 ms, and --help needs none of it

    settings = load_settings(os.environ)
    typed: dict[str, Any] = {
        "model": None if model is None else typed_model(model),
        "device": device,
        "precision": precision,
        "offline": offline or None,
    }
    return dataclasses.replace(
        settings, **{key: value for key, value in typed.items() if value is not None}
    )


def typed_model(model: str) -> str:
    """A model as Settings have it: a name, or an absolute path.

    On the command line a path may be relative to the current directory. A name of the catalogue
    is never taken for a path, even if the directory has a file of that name.
    """
    if any(model == entry.name for entry in entries()):
        return model
    # os.path's functions, since those of Path raise for strings that can't be paths.
    path = os.path.abspath(os.path.expanduser(model))  # noqa: PTH100, PTH111
    if "/" in model or model.startswith("~") or model.endswith(".gguf") or os.path.exists(path):  # noqa: PTH110
        return path
    return model
