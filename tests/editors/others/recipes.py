"""The configurations that docs/editors.md gives, as a reader copies them."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "editors.md"

_SECTION = r"^## {heading}$(.*?)(?=^## |\Z)"
_BLOCK = r"^```{language}$\n(.*?)^```$"


def recipe(heading, language):
    """The first block of a language in the section with this heading."""
    text = PAGE.read_text(encoding="utf-8")
    section = re.search(_SECTION.format(heading=re.escape(heading)), text, re.DOTALL | re.MULTILINE)
    assert section, f"docs/editors.md has no section {heading!r}"
    block = re.search(_BLOCK.format(language=language), section[1], re.DOTALL | re.MULTILINE)
    assert block, f"the section {heading!r} has no block of {language}"
    return block[1]
