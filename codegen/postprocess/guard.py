"""Work that may fail without harm: what it would have done is left out."""

import logging
from collections.abc import Callable
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
    except Exception:  # noqa: BLE001 - a defect in a rule must not cost the suggestion
        # The text isn't logged: it is the person's.
        _log.exception("%s failed and was left out", name)
        return otherwise
