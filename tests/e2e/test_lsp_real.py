"""A whole session with the language server and the real model, as an editor has one."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

pytestmark = [pytest.mark.model, pytest.mark.timeout(3600)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "inventory.py"
URI = EXAMPLE.as_uri()

# Long enough for a machine that does other things, too.
LATENCY = {"maxLatency": 60_000, "logLevel": "warning"}


def make_client() -> LanguageClient:
    client = make_test_lsp_client()
    client.states = asyncio.Queue()

    @client.feature("didChangeStatus")
    def did_change_status(params):
        client.states.put_nowait(params.state)

    return client


@pytest_lsp.fixture(
    config=ClientServerConfig(
        server_command=[sys.executable, "-m", "codegen", "lsp"],
        client_factory=make_client,
        server_env={**os.environ, "CODEGEN_DEVICE": "cpu", "CODEGEN_COMPUTE_PATH": "l4"},
    )
)
async def client(lsp_client: LanguageClient):
    capabilities = client_capabilities("visual-studio-code")
    capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities()
    capabilities.workspace.configuration = None
    await lsp_client.initialize_session(
        types.InitializeParams(
            process_id=os.getpid(), capabilities=capabilities, initialization_options=LATENCY
        )
    )
    while await lsp_client.states.get() != "ready":
        pass
    yield lsp_client
    await lsp_client.shutdown_session()


class Typist:
    """The example's text with a hole in it, open in an editor."""

    def __init__(self, client):
        self.client = client
        lines = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
        # What the model is to write again: the body of `total_value`.
        self.line, self.character = 24, 8
        self.text = "".join(lines[: self.line]) + " " * self.character + "\n" + "".join(lines[25:])
        self.version = 1
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(URI, types.LanguageKind.Python, self.version, self.text)
            )
        )

    @property
    def position(self):
        return types.Position(self.line, self.character)

    def type(self, text):
        self.version += 1
        span = types.Range(self.position, self.position)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, URI),
                [types.TextDocumentContentChangePartial(range=span, text=text)],
            )
        )
        self.character += len(text)

    async def ask(self, kind=types.InlineCompletionTriggerKind.Automatic):
        found = await self.client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(kind),
                types.TextDocumentIdentifier(URI),
                self.position,
            )
        )
        return [] if found is None else found.items

    async def explained(self):
        params = {"textDocument": {"uri": URI}}
        return await self.client.protocol.send_request_async("codegen/explain", params)


@pytest.mark.asyncio
async def test_a_session(client):
    typist = Typist(client)
    [first] = await typist.ask()
    assert "quantity" in first.insert_text
    assert first.range == types.Range(typist.position, typist.position)
    told = await typist.explained()
    assert (told.source, told.reason, told.hole.scope) == (
        "model", None, ["Inventory", "total_value"],
    )  # fmt: skip
    assert told.usage.decoded_tokens > 0

    # What is typed of it is not asked again, letter by letter.
    for letter in first.insert_text[:6]:
        typist.type(letter)
        [rest] = await typist.ask()
        assert rest.insert_text == first.insert_text.removeprefix(
            first.insert_text[: typist.character - 8]
        )
    assert (await typist.explained()).source == "cache"

    # What is typed otherwise is, and computes next to nothing of the prompt.
    typist.type("_of_")
    await typist.ask()
    told = await typist.explained()
    if told.source == "model":
        assert told.usage.prompt_tokens - told.usage.cached_tokens < 40

    # Accepted, the editor says so.
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams(first.command.command, first.command.arguments)
    )
    counters = await client.protocol.send_request_async("codegen/counters", {})
    assert counters.accepted == 1
    assert counters.from_cache >= 6


@pytest.mark.deep
@pytest.mark.asyncio
async def test_asked_by_hand_there_are_several(client):
    typist = Typist(client)
    items = await typist.ask(types.InlineCompletionTriggerKind.Invoked)
    assert 1 <= len({item.insert_text for item in items}) == len(items) <= 3
