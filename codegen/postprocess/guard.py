"""Runs work that may fail without harm: its effect is left out then."""

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
    """Returns what the work returns. If it raises, the name is logged, and `otherwise` returned."""
    try:
        return work(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - a defect in a rule must not cost the suggestion
        # An error's own words may hold the person's text, which no log gets.
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{PurePath(place.filename).name}:{place.lineno}"
        _log.error("%s failed and was left out: %s in %s", name, type(error).__name__, at)
        return otherwise
