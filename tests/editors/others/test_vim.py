"""What docs/editors.md says to clients of Vim that others wrote and no package registry has."""

import json

import pytest

from tests.editors.others.recipes import recipe

pytestmark = [pytest.mark.editors]

# A stand-in for each client: its functions say what they were told.
VIM_LSP = """
function! lsp#register_server(info)
  call writefile([json_encode([a:info.name, a:info.cmd({}), a:info.initialization_options])], $TOLD)
endfunction
"""
YEGAPPAN = """
function! LspAddServer(servers)
  let one = a:servers[0]
  call writefile([json_encode([one.name, [one.path] + one.args, one.initializationOptions])], $TOLD)
endfunction
"""
COC = """
function! coc#inline#visible()
  return v:true
endfunction
function! coc#inline#accept(...)
  return string(a:000)
endfunction
"""


@pytest.fixture
def told(editor, start, home, tmp_path):
    """Runs Vim with a recipe and commands; gives what they wrote into $TOLD."""

    def run(heading, autoload, stand_in, *commands):
        # A function of an autoload name has to be in a file of that name.
        script = home / "autoload" / autoload
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(stand_in, encoding="utf-8")
        vimrc = home / "recipe.vim"
        vimrc.write_text(recipe(heading, "vim"), encoding="utf-8")
        answer = tmp_path / "told"
        before = ["--cmd", "set nocompatible nomore viminfo=", "--cmd", f"set rtp^={home}"]
        words = [word for each in (*commands, "qall!") for word in ("-c", each)]
        sourced = ["--cmd", f"source {script}", "--cmd", f"source {vimrc}"]
        terminal = start([editor("vim"), "-u", "NONE", *before, *sourced, *words], TOLD=str(answer))
        assert terminal.wait() == 0
        return json.loads(answer.read_text(encoding="utf-8"))

    return run


def test_vim_lsp(told):
    said = told("vim-lsp", "lsp.vim", VIM_LSP, "doautocmd User lsp_setup")
    assert said == ["codegen", ["codegen", "lsp"], {"lines": "single"}]


def test_yegappan_lsp(told):
    said = told("yegappan/lsp", "none.vim", YEGAPPAN)
    assert said == ["codegen", ["codegen", "lsp"], {"lines": "single"}]


def test_coc(told):
    keys = "call writefile([json_encode([eval(maparg('<Tab>', 'i')), eval(maparg('<C-Right>', 'i'))])], $TOLD)"  # noqa: E501
    assert told("coc.nvim", "coc/inline.vim", COC, keys) == ["[]", "['word']"]
    settings = json.loads(recipe("coc.nvim", "json"))
    assert settings["languageserver"]["codegen"]["command"] == "codegen"
