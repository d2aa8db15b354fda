"""The real model, loaded once for all tests that drive it in this process."""

import dataclasses
import os

import pytest

from codegen.models.loading import load_model
from codegen.progress import NullProgress
from codegen.settings.config import load_settings


@pytest.fixture(scope="session")
def loaded():
    """The default model on the CPU, on one pinned compute path."""
    settings = load_settings(os.environ)
    pinned = dataclasses.replace(settings, device="cpu", compute_path="l4", precision="int4")
    return load_model(pinned, NullProgress())
