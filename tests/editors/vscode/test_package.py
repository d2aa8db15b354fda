"""package.json says what the server says: needs no editor."""

import json
import re
from pathlib import Path

import pytest

from codegen.settings.fields import FIELDS
from codegen_lsp.convert import ACCEPTED

FOLDER = Path(__file__).parents[3] / "editors/vscode"
PACKAGE = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
PROPERTIES = PACKAGE["contributes"]["configuration"]["properties"]

FIELDS_OF_CLIENTS = [field for field in FIELDS if "client" in field.who]

# Read by the extension itself.
OWN = {"codegen.server.path"}

# What decides which program runs, where, and with what.
NOT_BY_WORKSPACE = {"codegen.server.path", "codegen.model", "codegen.device"}

TYPES = {"boolean": bool, "object": dict, "array": list, "string": str, "null": type(None)}


def test_the_settings_are_those_of_the_server():
    names = {f"codegen.{field.wire}" for field in FIELDS_OF_CLIENTS}
    assert set(PROPERTIES) == names | OWN


@pytest.mark.parametrize("field", FIELDS_OF_CLIENTS, ids=lambda field: field.wire)
def test_a_setting_takes_what_the_server_takes(field):
    schema = PROPERTIES[f"codegen.{field.wire}"]
    assert schema["default"] == field.default
    assert schema.get("description") or schema.get("markdownDescription")

    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    # null is what isn't set, where the server has no default.
    assert ("null" in kinds) == (field.default is None)
    assert taken(field, None) is False

    words = [word for word in schema.get("enum", ()) if word is not None]
    if words:
        assert all(taken(field, word) for word in words)
        # The server's own list, as it says it: "auto, on or off".
        assert re.split(", | or ", field.kind.expected) == words
        assert len(schema.get("enumDescriptions", schema["enum"])) == len(schema["enum"])
    if {"number", "integer"} & set(kinds):
        low, high = schema["minimum"], schema["maximum"]
        assert taken(field, low)
        assert taken(field, high)
        assert not taken(field, low - 1)
        assert not taken(field, high + 1)
        assert taken(field, low + 0.5) == ("number" in kinds)
    elif not words:
        examples = {bool: True, dict: {"python": False}, list: ["*.md"], str: "name"}
        accepted = {kind for kind, value in examples.items() if taken(field, value)}
        assert accepted == {TYPES[kind] for kind in kinds if kind != "null"}


def taken(field, value):
    try:
        field.kind.read(value)
    except ValueError:
        return False
    return True


def test_a_workspace_cannot_name_what_runs():
    scopes = {name: schema["scope"] for name, schema in PROPERTIES.items()}
    assert {name for name, scope in scopes.items() if scope == "machine"} == NOT_BY_WORKSPACE
    assert {name for name, scope in scopes.items() if scope == "window"} == (
        set(PROPERTIES) - NOT_BY_WORKSPACE
    )
    # Without trust it can set nothing at all.
    untrusted = PACKAGE["capabilities"]["untrustedWorkspaces"]
    assert untrusted["supported"] == "limited"
    assert set(untrusted["restrictedConfigurations"]) == set(PROPERTIES) - NOT_BY_WORKSPACE


def test_every_command_is_there_and_none_is_the_servers():
    named = {command["command"] for command in PACKAGE["contributes"]["commands"]}
    source = (FOLDER / "src/extension.ts").read_text(encoding="utf-8")
    handlers = re.search(r"const handlers.*?= \{(.*?)\n  \};", source, re.DOTALL)[1]
    found = re.findall(r"^    (\w+)[:,]", handlers, re.MULTILINE)
    assert {f"codegen.{name}" for name in found} == named
    assert ACCEPTED not in named


def test_the_lock_names_no_registry():
    lock = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
