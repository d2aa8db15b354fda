"""Small JSON files of our own in the cache, which anyone else may have written to."""

import json
from pathlib import Path
from typing import Any, Final

from codegen.files import open_file

# Bytes: more than any of these files comes to.
_MOST: Final = 4_000_000


def read_json(path: Path) -> Any:
    """What a file holds; None where there is nothing to be read.

    That is: no file, none that can be read, something else under that name (a pipe would never
    end), no UTF-8, no JSON, or JSON so deep or so long that it isn't ours. What is in it is for
    the caller to check.
    """
    try:
        with open_file(path) as file:
            data = file.read(_MOST + 1) or b""  # some files of /proc have nothing yet
        return json.loads(data.decode()) if len(data) <= _MOST else None
    except (OSError, ValueError, RecursionError):
        return None
