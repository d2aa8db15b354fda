"""What the tests of other people's clients share."""

import subprocess

import pytest

from tests.editors.terminal import PATIENCE


@pytest.fixture(scope="session")
def has_library(editor):
    """Whether Emacs finds a library."""

    def has(library):
        form = f'(kill-emacs (if (locate-library "{library}") 0 1))'
        command = [editor("emacs"), "--batch", "--eval", form]
        done = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE)
        return done.returncode == 0

    return has
