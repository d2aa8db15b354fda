"""Work that may fail without harm: what it would have done is left out."""

import logging
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Final, ParamSpec, TypeVar

_log: Final = logging.getLogger(__name__)

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


def guarded(
    name: str,
    otherwise: _Result,
    work: Callable[_Arguments, _Result],
    *args: _Arguments.args,
    **kwargs: _Arguments.kwargs,
) -> _Result:
    """What the work gives; if it fails, that is logged by its name, and `otherwise` is given."""
    try:
        return work(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - a defect in a rule must not cost the suggestion
        # An error's own words may hold the person's text, which no log gets.
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{PurePath(place.filename).name}:{place.lineno}"
        _log.error("%s failed and was left out: %s in %s", name, type(error).__name__, at)
        return otherwise
