"""The keys never take what is somebody else's."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ESCAPE, TAB, alt, ctrl

pytestmark = pytest.mark.editors

# A mapping of the user's, made in each of the ways there are; all of them type `mine`.
SCRIPT = """
function! s:Mine() abort
  return 'mine'
endfunction
inoremap <Plug>(mine) mine
inoremap <SID>mine mine
"""


def suggested(vim, server, workspace, *vimrc, text="x = ", ghost="alpha"):
    server.will(ghost)
    (workspace / "new.py").touch()
    editor = vim(server, "new.py", vimrc=vimrc)
    server.until_sent("textDocument/didOpen")
    editor.send("o" + text)
    editor.until_ghost_is(ghost)
    return editor


def unsuggested(editor, server):
    """The same place, without the suggestion."""
    server.will()
    editor.send(ctrl("]"))
    editor.until_no_ghost()


@pytest.mark.parametrize(
    "mapping",
    [
        "inoremap <Tab> mine",
        "imap <Tab> <Plug>(mine)",
        "imap <script> <Tab> <SID>mine",
        "inoremap <expr> <Tab> <SID>Mine()",
        "imap <expr> <Tab> pumvisible() ? '<C-n>' : '<Plug>(mine)'",
        "inoremap <silent> <Tab> <C-R>=<SID>Mine()<CR>",
        "inoremap <Tab> <Cmd>call feedkeys('mine', 'n')<CR>",
        "inoremap <buffer> <expr> <Tab> codegen#Press('accept', 'mine')",
        "inoremap <expr> <Tab> codegen#Press('accept', 'mine')",
    ],
)
def test_what_the_user_had_mapped_is_done_without_a_suggestion(
    mapping, vim, make_shaped, workspace
):
    server = make_shaped()
    when = "autocmd FileType python " if "<buffer>" in mapping else ""
    editor = suggested(vim, server, workspace, *SCRIPT.splitlines(), when + mapping)
    unsuggested(editor, server)
    editor.send(TAB)
    editor.until("x = mine")
    server.will("alpha")
    editor.send(" ")
    editor.until_ghost_is("alpha")
    server.will()
    editor.send(TAB)
    editor.until("x = mine alpha")
    editor.until_no_ghost()


@pytest.mark.parametrize(
    ("mapping", "typed"),
    [
        # Of what a mapping gives, the key that it begins with is not mapped again.
        ("imap <Tab> <Tab>mine", "x = \tmine"),
        ("imap <expr> <Tab> pumvisible() ? '<C-n>' : '<Tab>'", "x = \t"),
        ("inoremap <Tab> <Nop>", "x = "),
        ('inoremap <Tab> <lt>Tab>|"\\', 'x = <Tab>|"\\'),
    ],
    ids=["itself first", "itself", "nothing", "signs"],
)
def test_odd_mappings(mapping, typed, vim, make_shaped, workspace):
    server = make_shaped()
    mapping = mapping.replace("|", "<Bar>")
    editor = suggested(vim, server, workspace, mapping)
    editor.send(ctrl("o") + ":setlocal noexpandtab softtabstop=0\r")
    unsuggested(editor, server)
    editor.send(TAB)
    assert editor.lines == ["", typed]


def test_without_a_mapping_it_is_a_tab(vim, make_shaped, workspace):
    server = make_shaped()
    editor = suggested(vim, server, workspace)
    unsuggested(editor, server)
    editor.send(TAB)
    assert editor.lines == ["", "x =     "]


@pytest.mark.parametrize(
    ("text", "ghost", "line"),
    [
        pytest.param("", "    a", "    ", id="indents where it begins with an indentation"),
        pytest.param("", "  a", "  a", id="accepts less than a step of indentation"),
        pytest.param("", "a", "a", id="accepts what begins with no blank"),
        pytest.param("x =", "    a", "x =    a", id="accepts behind text"),
    ],
)
def test_indentation_comes_first(text, ghost, line, answering):
    editor, server = answering(ghost)
    editor.send("o" + text + ctrl("g") + "g")
    editor.until_ghost_is(ghost)
    server.will()
    editor.send(TAB)
    assert editor.lines == ["", line]


def test_an_open_menu_has_the_key(vim, make_shaped, workspace):
    server = make_shaped()
    mapping = "inoremap <expr> <Tab> pumvisible() ? '<C-n>' : '<Tab>'"
    editor = suggested(vim, server, workspace, mapping, text="alone already al")
    count = len(server.sent(INLINE))
    editor.send(ctrl("n"))
    # There is no ghost text beside the menu, and nothing is asked while it is open.
    editor.until_no_ghost()
    editor.until("match 1 of 2")
    editor.send(TAB)
    editor.until("match 2 of 2")
    assert len(server.sent(INLINE)) == count
    # With the menu closed there is a suggestion again.
    editor.send(ctrl("y"))
    editor.until_ghost_is("alpha")
    assert editor.evaluate("getline('.')").startswith("alone already al")


@pytest.mark.parametrize(
    "engine",
    [
        "function! UltiSnips#CanJumpForwards()\nreturn 1\nendfunction",
        "function! vsnip#jumpable(direction)\nreturn a:direction == 1\nendfunction",
        "let g:codegen.in_snippet = {-> v:true}",
    ],
)
def test_an_active_snippet_has_the_key(engine, vim, make_shaped, workspace):
    server = make_shaped()
    # The functions of such an engine must be in a file of their own.
    if engine.startswith("function"):
        source = workspace / "autoload" / f"{engine.split('#')[0].split()[1]}.vim"
        source.parent.mkdir()
        source.write_text(engine)
        engine = f"source {source}"
    editor = suggested(vim, server, workspace, engine, "inoremap <Tab> mine")
    editor.send(TAB)
    editor.until("x = mine")


def test_no_key_is_mapped_where_the_user_wants_none(vim, make_shaped, workspace):
    server = make_shaped()
    own = "imap <C-J> <Plug>(codegen-accept)"
    editor = suggested(vim, server, workspace, "let g:codegen.map = v:false", own)
    server.will()
    assert editor.evaluate("[maparg('<Tab>', 'i'), maparg('<C-G>w', 'i')]") == ["", ""]
    editor.send("A")
    server.will("alpha")
    editor.send(" ")
    editor.until_ghost_is("alpha")
    server.will()
    editor.send(ctrl("j") + TAB)
    editor.until("x =  alpha")
    assert editor.lines == ["", "x =  alpha  "]


def test_keys_of_the_users_own(vim, make_shaped, workspace):
    server = make_shaped()
    editor = suggested(
        vim, server, workspace, "let g:codegen.map = {'accept': '<C-L>', 'word': ''}"
    )
    server.will()
    editor.send(TAB)
    editor.until_no_ghost()
    server.will("alpha")
    editor.send("y")
    editor.until_ghost_is("alpha")
    editor.send(ctrl("l") + ESCAPE)
    assert editor.lines == ["", "x =     yalpha"]
    assert editor.evaluate("maparg('<C-G>w', 'i')") == ""


@pytest.mark.parametrize(
    ("key", "line"), [(TAB, "x =     the "), (ctrl("]"), "x =     the")], ids=["tab", "ctrl-]"]
)
def test_abbreviations_are_expanded(key, line, vim, make_shaped, workspace):
    server = make_shaped()
    editor = suggested(vim, server, workspace, "iabbrev teh the")
    unsuggested(editor, server)
    editor.send(TAB + "teh" + key)
    assert editor.lines == ["", line]


def test_accepting_expands_no_abbreviation(vim, make_shaped, workspace):
    server = make_shaped()
    editor = suggested(vim, server, workspace, "iabbrev teh the", text="x = teh", ghost=".alpha()")
    server.will()
    editor.send(TAB)
    assert editor.lines == ["", "x = teh.alpha()"]


@pytest.mark.parametrize("kind", ["inoremap", "imap"])
def test_a_mapping_that_one_of_a_buffer_hides(kind, vim, make_shaped, workspace):
    """The one of all buffers is still the user's where the other one isn't."""
    server = make_shaped()
    local = "autocmd FileType python inoremap <buffer> <Tab> local"
    editor = suggested(vim, server, workspace, f"{kind} <Tab> mine", local)
    server.will()
    editor.send(TAB)
    editor.until("x = local")
    editor.command("edit other.txt")
    editor.send("i" + TAB)
    assert editor.lines == ["mine"]


def asked_by_hand(server):
    return [one for one in server.sent(INLINE) if one["context"]["triggerKind"] == 1]


def test_the_users_mapping_of_the_key_that_asks_wins(vim, make_shaped, workspace):
    server = make_shaped()
    editor = suggested(vim, server, workspace, "inoremap <C-G>g mine")
    server.will()
    editor.send(ctrl("g") + "g")
    editor.until("x = mine")
    editor.until_no_ghost()
    editor.send(ctrl("g") + "g")
    editor.until("x = minemine")
    assert asked_by_hand(server) == []


@pytest.mark.parametrize(
    ("action", "key", "sent"),
    [("accept", "<M-a>", "a"), ("dismiss", "<A-d>", "d"), ("word", "<M-]>", "]")],
)
def test_a_key_with_alt_that_has_nothing_to_do_stays_in_insert_mode(
    action, key, sent, vim, make_shaped, workspace
):
    server = make_shaped()
    mapped = f"let g:codegen.map = {{'{action}': '{key}'}}"
    # What a terminal sends for the key, where it tells of no modifiers.
    editor = suggested(vim, server, workspace, f'execute "set {key}=\\<Esc>{sent}"', mapped)
    server.will()
    editor.send("y")
    editor.until_no_ghost()
    editor.send(alt(sent))
    editor.send("z")
    editor.until("x = yz")
    assert editor.lines == ["", "x = yz"]


@pytest.mark.parametrize("letter", ["n", "p"])
def test_the_users_mappings_of_the_keys_that_turn(letter, vim, make_shaped, workspace):
    server = make_shaped()
    editor = suggested(vim, server, workspace, f"inoremap <C-G>{letter} mine")
    server.will("alpha", "beta")
    editor.send(ctrl("g") + letter)
    editor.until_ghost_is("beta")
    assert len(asked_by_hand(server)) == 1
    unsuggested(editor, server)
    editor.send(ctrl("g") + letter)
    editor.until("x = mine")
    assert len(asked_by_hand(server)) == 1
