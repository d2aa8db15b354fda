"""Accepting, choosing, dismissing; and that no key is taken from what it was for."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ESCAPE, TAB, alt, ctrl

pytestmark = [pytest.mark.editors]

WORD, LINE = "\x1b[1;3C", "\x1b[1;7C"
NEXT, PREVIOUS, INVOKE, DISMISS = alt("n"), alt("p"), alt("\\"), ctrl("]")

PARTLY = "textDocument/didPartiallyAcceptCompletion"
SHOWN = "textDocument/didShowCompletion"


def test_accepting_is_one_step_of_undoing_and_is_repeated(edit, answering):
    answering.will("pha\n  beta")
    nvim = edit("^\n", "new.txt", server=answering)
    nvim.type("al")
    nvim.terminal.until_ghost("beta")
    answering.will()
    nvim.type(TAB)
    nvim.until_lines("alpha", "  beta")
    assert nvim.expr("[line('.'), col('.')]") == [2, 7]
    nvim.type(";")
    nvim.until_line("  beta;")
    nvim.normal()
    # Repeated with all that was typed and accepted.
    nvim.type("Go" + ESCAPE + ".")
    nvim.until_lines("alpha", "  beta;", "", "")
    nvim.type("uu")
    nvim.until_lines("alpha", "  beta;")
    nvim.type("u")
    nvim.until_lines("alpha", "  beta")
    nvim.type("u")
    nvim.until_lines("al")
    nvim.type("u")
    nvim.until_lines("")
    nvim.quit()


def test_the_dot_repeats_what_was_accepted(edit, answering):
    answering.will("pha\n  beta")
    nvim = edit("", "new.txt", server=answering, keys="ial")
    nvim.terminal.until_ghost("beta")
    answering.will()
    nvim.type(TAB + ";")
    nvim.until_lines("alpha", "  beta;")
    nvim.normal()
    nvim.type(".")
    nvim.until_lines("alpha", "  betaalpha", "  beta;;")
    nvim.type("u")
    nvim.until_lines("alpha", "  beta;")


def test_words_and_lines_are_accepted_and_counted(edit, answering):
    nvim = edit("^\n", "new.txt", server=answering)
    answering.will("𝒳 = alpha.beta\nif x\nend")
    nvim.type("x")
    nvim.terminal.until_ghost("end")
    # What is told of a suggestion that isn't asked for again.
    answering.will("nothing", delay=600)
    seen = []
    for keys, line in [
        (WORD, "x𝒳"),
        (WORD, "x𝒳 ="),
        (WORD, "x𝒳 = alpha"),
        (WORD, "x𝒳 = alpha."),
        (LINE, "x𝒳 = alpha.beta"),
        (LINE, "if x"),
        (WORD, "end"),
    ]:
        nvim.terminal.send(keys)
        nvim.until_line(line)
        seen.append(nvim.terminal.ghost)
    nvim.terminal.until_no_ghost()
    nvim.until_lines("x𝒳 = alpha.beta", "if x", "end")
    told = [one["acceptedLength"] for one in nvim.server.until_sent(PARTLY, 6)]
    # In units of UTF-16, from the item's start.
    assert told == [2, 4, 10, 11, 15, 20]
    # The last part accepts all of it.
    assert len(answering.until_sent("workspace/executeCommand")) == 1
    assert len(answering.sent(SHOWN)) == 1
    nvim.normal()
    nvim.type("u")
    nvim.until_lines("x𝒳 = alpha.beta", "if x")


def test_candidates_are_asked_for_once_and_gone_round(edit, answering):
    nvim = edit("^\n", server=answering)
    answering.will("one", "two", "three")
    nvim.type("x")
    nvim.terminal.until_ghost("one")
    for keys, wanted in [(NEXT, "two"), (NEXT, "three"), (NEXT, "one"), (PREVIOUS, "three")]:
        nvim.terminal.send(keys)
        nvim.terminal.until_ghost(wanted)
    kinds = [one["context"]["triggerKind"] for one in answering.sent(INLINE)]
    assert kinds == [2, 1]
    shown = [one["item"]["insertText"] for one in answering.until_sent(SHOWN, 3)]
    assert shown == ["one", "two", "three"]
    nvim.type(TAB)
    nvim.until_line("xthree")


def test_asked_by_hand_and_dismissed(edit, answering):
    nvim = edit("x^\n", server=answering)
    answering.will("one", "two")
    nvim.terminal.send(INVOKE)
    nvim.terminal.until_ghost("one")
    nvim.terminal.send(NEXT)
    nvim.terminal.until_ghost("two")
    nvim.terminal.send(DISMISS)
    nvim.terminal.until_no_ghost()
    assert nvim.expr("mode()") == "i"
    assert [one["context"]["triggerKind"] for one in answering.sent(INLINE)] == [1]
    nvim.quit()


# The user's own mapping of Tab, what is typed, and the line that comes of it.
MAPPINGS = {
    "none": ("pcall(vim.keymap.del, 'i', '<Tab>')", "x       "),
    "the default": ("", "x       "),
    "keys": ("vim.keymap.set('i', '<Tab>', 'keys')", "xkeys"),
    "remapped": (
        "vim.keymap.set('i', '<F2>', 'again') vim.keymap.set('i', '<Tab>', '<F2>', {remap = true})",
        "xagain",
    ),
    "itself": ("vim.keymap.set('i', '<Tab>', '<Tab>end', {remap = true})", "x       end"),
    "expression": (
        "vim.keymap.set('i', '<Tab>', function() return '<C-v>u65e5' end, {expr = true})",
        "x日",
    ),
    "Vim's expression": ("vim.cmd([[inoremap <expr> <Tab> repeat('v', 3)]])", "xvvv"),
    "function": (
        "vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({'put'}, 'c', false, true) end)",
        "xput",
    ),
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_accept_key_does_what_it_did_before(edit, answering, name):
    mapping, line = MAPPINGS[name]
    nvim = edit("^\n", "new.txt", server=answering, before="vim.o.expandtab = true", after=mapping)
    nvim.type("x")
    nvim.until_answered(1)
    nvim.type(TAB)
    nvim.until_line(line)
    # But a suggestion comes first.
    answering.will("mine")
    nvim.type(";")
    nvim.terminal.until_ghost("mine")
    nvim.type(TAB)
    nvim.until_line(line + ";mine")


@pytest.mark.parametrize("keys", [NEXT, PREVIOUS, INVOKE, WORD, LINE, DISMISS])
def test_a_key_that_has_nothing_to_do_stays_in_insert_mode(edit, answering, keys):
    nvim = edit("one^\n", "new.txt", server=answering)
    nvim.terminal.send(keys)
    nvim.type("x")
    nvim.until_lines("onex")
    assert nvim.expr("mode(1)") == "i"


def test_an_option_that_fails_takes_no_key(edit, answering):
    nvim = edit("^\n", server=answering, options="yield_when = function() error('no menu') end")
    answering.will("ghost")
    nvim.type("x")
    nvim.terminal.until_ghost("ghost")
    answering.will()
    nvim.type(TAB + "y")
    nvim.until_line("xghosty")
    assert "no menu" in nvim.expr("execute('messages')")


@pytest.mark.parametrize("buffer", ["", ", { buffer = true }"], ids=["global", "of the buffer"])
def test_a_mapping_of_the_key_that_asks_comes_first(edit, answering, buffer):
    own = "".join(
        f"vim.keymap.set('i', '<M-{key}>', '{name}'{buffer}) "
        for key, name in [("Bslash", "asks"), ("n", "next"), ("p", "previous")]
    )
    after = f"vim.api.nvim_create_autocmd('FileType', {{ callback = function() {own} end }})"
    nvim = edit("^\n", "new.txt", server=answering, before=after)
    for keys, line in [(INVOKE, "asks"), (NEXT, "asksnext"), (PREVIOUS, "asksnextprevious")]:
        nvim.terminal.send(keys)
        nvim.until_line(line)
    # With a suggestion on the screen, too, for there are others that ask for it.
    answering.will("one", "two")
    nvim.type(";")
    nvim.terminal.until_ghost("one")
    nvim.terminal.send(NEXT)
    nvim.terminal.until_ghost("two")
    nvim.terminal.send(INVOKE)
    nvim.until_line("asksnextprevious;asks")


def test_a_buffer_that_was_deleted_has_its_keys_again(edit, answering):
    answering.will("ghost")
    nvim = edit("one\n", "new.txt", server=answering, keys="Ax")
    for line in ("onex", "onexghosty"):
        nvim.until_line(line)
        nvim.terminal.until_ghost()
        nvim.type(TAB)
        nvim.until_line(line + "ghost")
        nvim.normal()
        nvim.command("w | bdelete")
        nvim.until(lambda: nvim.expr("bufname()") == "", "no file")
        nvim.command("e new.txt")
        nvim.until_lines(line + "ghost")
        nvim.until_attached()
        nvim.type("Ay")
    # Set up again, they are taken once.
    nvim.normal()
    nvim.command("lua require('codegen').setup({ keys = { accept = '<C-l>' } })")
    nvim.until_attached()
    nvim.type("o;")
    nvim.terminal.until_ghost()
    nvim.terminal.send(ctrl("l"))
    nvim.until_line(";ghost")
    nvim.type(TAB)
    nvim.until_line(";ghost\t")


def test_a_mapping_of_the_buffer_is_kept(edit, answering):
    mapping = "vim.keymap.set('i', '<Tab>', 'own', { buffer = args.buf })"
    autocmd = "vim.api.nvim_create_autocmd('FileType', { callback = function(args) %s end })"
    nvim = edit("^\n", "new.txt", server=answering, before=autocmd % mapping)
    nvim.type(TAB)
    nvim.until_line("own")
    answering.will("mine")
    nvim.type(";")
    nvim.terminal.until_ghost("mine")
    nvim.type(TAB)
    nvim.until_line("own;mine")
    # Set up again without keys, it is there again.
    nvim.normal()
    nvim.command("lua require('codegen').setup({ keys = false })")
    nvim.until_attached()
    nvim.type("o" + TAB)
    nvim.until_line("own")
    assert nvim.expr("maparg('<M-n>', 'i')") == ""


def test_a_menu_keeps_the_accept_key(edit, answering):
    answering.will("ghost")
    after = "vim.keymap.set('i', '<Tab>', function() return vim.fn.pumvisible() == 1 and '<C-n>' or '<Tab>' end, { expr = true })"  # noqa: E501
    nvim = edit("wonder wonderful\n^\n", "new.txt", server=answering, after=after)
    nvim.type("won")
    nvim.terminal.until_ghost("ghost")
    nvim.terminal.send(ctrl("n"))
    nvim.until_line("wonder")
    nvim.terminal.until_no_ghost()
    asked = len(answering.sent(INLINE))
    nvim.type(TAB)
    nvim.until_line("wonderful")
    assert nvim.expr("pumvisible()") == 1
    assert len(answering.sent(INLINE)) == asked
    assert nvim.terminal.ghost == ""
    # The menu is closed, and there are suggestions again.
    nvim.terminal.send(ctrl("y"))
    nvim.terminal.until_ghost("ghost")
    nvim.type(TAB)
    nvim.until_line("wonderfulghost")


def test_a_snippet_keeps_the_accept_key(edit, answering):
    answering.will("ghost")
    nvim = edit("^\n", "new.txt", server=answering)
    nvim.terminal.send(ESCAPE + ":lua vim.snippet.expand('f($1, $2)')\r")
    nvim.until_line("f(, )")
    nvim.type("a")
    nvim.terminal.until_ghost("ghost")
    nvim.type(TAB)
    nvim.until(lambda: nvim.expr("col('.')") == 6, "the second stop")
    assert nvim.line == "f(a, )"
    # Behind its last stop the key is ours again.
    nvim.type("b" + TAB + ";")
    nvim.until_line("f(a, b);")
    nvim.terminal.until_ghost("ghost")
    nvim.type(TAB)
    nvim.until_line("f(a, b);ghost")


@pytest.mark.parametrize(
    ("item", "line"),
    [("        deep", "        "), ("  near", "      near"), ("word", "    word")],
)
def test_the_accept_key_indents(edit, answering, item, line):
    before = "vim.o.expandtab = true vim.o.shiftwidth = 4 vim.o.softtabstop = 4"
    nvim = edit("^\n", "new.txt", server=answering, before=before)
    answering.will(item)
    nvim.type("    ")
    nvim.terminal.until_ghost(item.strip())
    answering.will()
    nvim.type(TAB)
    nvim.until_line(line)


def test_the_user_says_when_the_key_yields(edit, answering):
    answering.will("ghost")
    options = (
        "keys = { accept = '<C-l>', next = false }, yield_when = function() return vim.g.no end"
    )
    after = "vim.keymap.set('i', '<C-l>', 'mine')"
    after += " vim.keymap.set('i', '<C-x>', '<Plug>(codegen-accept)')"
    nvim = edit("^\n", "new.txt", server=answering, options=options, after=after)
    nvim.type("x")
    nvim.terminal.until_ghost()
    nvim.terminal.send(TAB)
    nvim.until_line("x\t")
    nvim.terminal.until_ghost()
    nvim.terminal.send(ctrl("l"))
    nvim.until_line("x\tghost")
    nvim.terminal.send(ESCAPE + ":let g:no = v:true\ro")
    nvim.terminal.until_ghost()
    nvim.terminal.send(ctrl("l"))
    nvim.until_line("mine")
    # By a mapping of the user's, all the same.
    nvim.terminal.until_ghost()
    nvim.terminal.send(ctrl("x"))
    nvim.until_line("mineghost")


def test_a_macro_is_recorded_without_suggestions(edit, answering):
    answering.will("ghost")
    nvim = edit("one\ntwo\n", "new.txt", server=answering, keys="qaA")
    nvim.type("x")
    nvim.until_line("onex")
    nvim.type(TAB + "y")
    nvim.until_line("onex\ty")
    assert nvim.terminal.ghost == ""
    nvim.type(ESCAPE + "qj@a")
    nvim.until_lines("onex\ty", "twox\ty")
    nvim.type("A.")
    nvim.terminal.until_ghost("ghost")
    assert len(answering.sent(INLINE)) == 1
    assert nvim.expr("getreg('a')") == "Ax\ty\x1b"
