"""The tasks whose results aren't unique, and the rule that each of them needs.

Source: evalplus 0.3.1, eval/__init__.py (Apache-2.0).
"""

from collections.abc import Mapping
from typing import Final

ORACLES: Final[Mapping[str, str]] = {
    "HumanEval/32": "root",
    "Mbpp/2": "set",
    "Mbpp/7": "set",
    "Mbpp/111": "set",
    "Mbpp/140": "set",
    "Mbpp/232": "set",
    "Mbpp/249": "set",
    "Mbpp/579": "set",
    "Mbpp/769": "set",
    "Mbpp/558": "digit-distance",
    "Mbpp/581": "pyramid",
    "Mbpp/737": "found",
    "Mbpp/787": "found",
    "Mbpp/794": "found",
}
"""The rule for the results of a task; results of all other tasks are compared for equality.

`judge/rules.py` has the rules by these names.
"""
