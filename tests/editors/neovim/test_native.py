"""Neovim 0.12's own inline completion in place of the plugin's, by a stand-in for it.

It does what Neovim 0.12 was seen to do: a suggestion can be accepted until another answer takes its
place, and is put in where it was made for.
"""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ENTER, TAB, alt, ctrl

pytestmark = [pytest.mark.editors]

STAND_IN = """
local namespace = vim.api.nvim_create_namespace("nvim.lsp.inline_completion")
local texts, index, row, col
local function show(text)
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
  if text then
    local ghost = { virt_text = { { text, "CodegenGhost" } }, virt_text_pos = "inline" }
    vim.api.nvim_buf_set_extmark(0, namespace, row, col, ghost)
  end
end
vim.api.nvim_create_autocmd("CursorMovedI", {
  callback = function()
    if texts then
      show(texts[index])
    end
  end,
})
function Offer(...)
  texts, index = { ... }, 1
  row, col = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  show(texts[1])
  return true
end
vim.lsp.inline_completion = {
  enable = function(on, filter) vim.g.enabled = { on, filter.client_id } end,
  get = function()
    if not texts then
      return false
    end
    vim.schedule(function()
      local text = texts[index]
      texts = nil
      show()
      vim.api.nvim_buf_set_text(0, row, col, row, col, { text })
      vim.api.nvim_win_set_cursor(0, { row + 1, col + #text })
    end)
    return true
  end,
  select = function(options)
    index = (index + options.count - 1) % #texts + 1
    show(texts[index])
  end,
}
"""

ALT = [alt("n"), alt("p"), alt("\\"), "\x1b[1;3C"]


@pytest.fixture
def native(edit, answering):
    """Opens an empty file for the stand-in: native(after=...)."""

    def begin(after=""):
        options = "ghost_text = 'native'"
        return edit(
            "^\n", "new.txt", server=answering, options=options, before=STAND_IN, after=after
        )

    return begin


def offer(nvim, *texts):
    """Neovim has the answer: some candidates for where the cursor is."""
    assert nvim.expr(f"luaeval('Offer(unpack(_A))', {list(texts)})")
    nvim.terminal.until_ghost(texts[0])


def test_it_shows_and_accepts(native, answering):
    nvim = native()
    assert nvim.expr("g:enabled")[0] is True
    nvim.type("x" + TAB)
    nvim.until_line("x\t")
    offer(nvim, "one", "two", "three")
    nvim.terminal.send(alt("n"))
    nvim.terminal.until_ghost("two")
    nvim.terminal.send(alt("p"))
    nvim.terminal.until_ghost("one")
    nvim.type(TAB + ";")
    nvim.until_line("x\tone;")
    # It was never the plugin that asked.
    assert answering.sent(INLINE) == []


def test_what_was_suggested_elsewhere_is_not_accepted(native):
    nvim = native()
    offer(nvim, "stale")
    nvim.type(ENTER + ENTER)
    nvim.until(lambda: nvim.expr("line('.')") == 3, "the third line")
    nvim.type(TAB + "x")
    nvim.until_lines("", "", "\tx")


@pytest.mark.parametrize("keys", [*ALT, ctrl("]")])
@pytest.mark.parametrize("shown", [False, True], ids=["nothing", "ghost"])
def test_a_key_that_has_nothing_to_do_stays_in_insert_mode(native, keys, shown):
    nvim = native()
    if shown:
        offer(nvim, "one")
    nvim.terminal.send(keys)
    nvim.type("x")
    nvim.until_line("x")
    assert nvim.expr("mode(1)") == "i"


def test_the_users_own_mappings_are_there_without_a_suggestion(native):
    own = "".join(
        f"vim.keymap.set('i', '<M-{key}>', '{name}') "
        for key, name in [("Bslash", "asks"), ("n", "next"), ("Right", "word")]
    )
    nvim = native(after=own)
    for keys, line in [(ALT[2], "asks"), (ALT[0], "asksnext"), (ALT[3], "asksnextword")]:
        nvim.terminal.send(keys)
        nvim.until_line(line)
