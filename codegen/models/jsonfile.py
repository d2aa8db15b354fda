"""Small JSON files of our own in the cache, which anyone else may have written to."""

import json
import stat
from pathlib import Path
from typing import Any, Final

# Bytes: more than any of these files comes to.
_MOST: Final = 4_000_000


def read_json(path: Path) -> Any:
    """What a file holds; None where there is nothing to be read.

    That is: no file, none that can be read, something else under that name (a pipe would never
    end), no UTF-8, no JSON, or JSON so deep or so long that it isn't ours. What is in it is for
    the caller to check.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
