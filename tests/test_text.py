"""What is said of single lines."""

import pytest

from codegen.text import indent_below


@pytest.mark.parametrize(
    ("line", "unit", "leaves", "wanted"),
    [
        ("x = 1", "    ", True, ""),
        ("    x = 1", "    ", True, "    "),
        ("\tx = 1;", "\t", False, "\t"),
        # A block begins, or a bracket is open.
        ("    if x:", "    ", True, "        "),
        ("  for x in y:  ", "  ", True, "    "),
        ("\tif (x) {", "\t", False, "\t\t"),
        ("    call(", "    ", True, "        "),
        ("    x = {", "  ", True, "      "),
        ("    y = x[1:]", "    ", True, "    "),
        # And ends.
        ("        return x", "    ", True, "    "),
        ("    raise ValueError(x)", "    ", True, ""),
        ("    pass", "    ", True, ""),
        ("\tbreak", "\t", True, ""),
        ("    return x;", "    ", False, "    "),
        ("    returned = x", "    ", True, "    "),
        ("  return x", "    ", True, "  "),
        ("return x", "    ", True, ""),
    ],
)
def test_the_line_below(line, unit, leaves, wanted):
    assert indent_below(line, unit, leaves=leaves) == wanted
