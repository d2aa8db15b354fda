"""The model that the settings ask for."""

import pytest

from codegen.errors import EngineError
from codegen.settings.config import Settings
from codegen_lsp.provider import SettingsProvider
from tests.engine.machines import NO_CARD


def test_consent_is_not_asked_for_a_model_that_can_not_run(tmp_path, monkeypatch):
    monkeypatch.setattr("codegen.engine.device.find_obstacle", lambda: NO_CARD)
    offered = SettingsProvider(Settings(cache_dir=tmp_path, device="auto")).offer()
    assert offered.name == Settings().model
    with pytest.raises(EngineError, match="no card"):
        SettingsProvider(Settings(cache_dir=tmp_path, device="cuda")).offer()
