"""What to type to install codegen again.

codegen has no release yet, so its name at a package index is nobody's, and never a command. What is
named is where this installation came from, a clone or a wheel.
"""

import json
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

_DISTRIBUTION: Final = "codegen-lsp"


def install_again() -> str:
    """How to repair this installation."""
    if (source := _source()) is not None:
        pip = shlex.join([sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps"])
        return f'run {pip} {source[0]}"{source[1]}"'
    return "install codegen again, from a wheel that `make build` makes in a clone"


def _source() -> tuple[str, Path] | None:
    """The clone or wheel that this was installed from, if it is there, after pip's option for it.

    Source: PEP 610, direct_url.json.
    """
    try:
        text = metadata.distribution(_DISTRIBUTION).read_text("direct_url.json")
        known = json.loads(text or "{}")
        parts = urlsplit(known["url"])
        editable = known.get("dir_info", {}).get("editable", False)
    except (metadata.PackageNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
    path = Path(url2pathname(parts.path))
    if parts.scheme != "file" or not path.exists():
        return None
    return ("--editable " if editable else ""), path
