vim9script
# The keys: a key does something with a suggestion, or what it did before.

import autoload './config.vim'
import autoload './shape.vim'
import autoload './suggest.vim'

# What each action calls. One that edits is an undo step of its own.
const CALLS = {
  accept: 'Accept',
  word: 'AcceptWord',
  line: 'AcceptLine',
  next: 'Next',
  previous: 'Previous',
  invoke: 'Invoke',
  dismiss: 'Dismiss',
}
const EDITING = ['accept', 'word', 'line']
const ASKING = ['next', 'previous', 'invoke']

# What the keys were mapped to before, where that is no expression.
var before: dict<string> = {}

# Whether a key is the suggestion's at this moment. Without a suggestion some ask for one, where the
# key is `free`: nobody else has mapped it.
export def Takes(action: string, free: bool = true): bool
  if !suggest.Visible()
    return free && index(ASKING, action) >= 0 && suggest.Possible()
  endif
  return !pumvisible() && (action != 'accept' || !(Indents() || InSnippet()))
enddef

# The keys that do it.
export def Take(action: string): string
  const does = $"\<Cmd>call codegen#suggest#{CALLS[action]}()\<CR>"
  return index(EDITING, action) < 0 ? does : "\<C-G>u" .. does .. "\<C-G>u"
enddef

# Whether the key indents: before the line's text, where the suggestion begins with as much of an
# indentation as the key makes. Whoever wants another one would else never get it.
def Indents(): bool
  const line = strpart(getline('.'), 0, col('.') - 1)
  const indent = shape.Indent(suggest.Rest())
  return line =~ '^\s*$' && !empty(indent)
    && strdisplaywidth(indent, strdisplaywidth(line)) >= shiftwidth()
enddef

# Whether a snippet is being filled in. Most engines map their keys for the buffer, which wins by
# itself; these have a key for all buffers, and a function to ask.
def InSnippet(): bool
  return config.InSnippet()
    || exists('b:snip_state')
    || Says('UltiSnips#CanJumpForwards')
    || Says('vsnip#jumpable', [1])
    || Says('neosnippet#jumpable')
    || Says('coc#jumpable')
enddef

def Says(name: string, arguments: list<any> = []): bool
  # Without the scope, a name with a capital would be looked for in this script.
  const function = 'g:' .. name
  return exists('*' .. function) ? !!call(function, arguments) : false
enddef

# Defines <Plug> mappings, and the default keys.
export def Map()
  for action in keys(CALLS)
    execute $'inoremap <silent> <expr> <Plug>(codegen-{action}) codegen#Press("{action}")'
  endfor
  for [action, key] in items(config.Keys())
    if !hasmapto($'<Plug>(codegen-{action})', 'i')
      MapKey(action, key)
    endif
  endfor
enddef

# Maps a key, over what it is mapped to now. That is evaluated where, and as, it was defined.
def MapKey(action: string, key: string)
  const old = Mapped(key)
  const plug = $'"\<lt>Plug>(codegen-{action})"'
  if empty(old)
    const itself = Unmapped(key)
    # With `imap` the key itself still ends an abbreviation. Vim doesn't map it once more, since what
    # the mapping gives then begins with the mapping's own key.
    execute $'imap <silent> <expr> {key} codegen#keys#Takes("{action}") ? {plug} : "{itself}"'
    return
  elseif action == 'invoke'
    # It is of use at any time, so that nothing would be left of what the key does.
    return
  endif
  # Vim would take this script's functions for those of the script that the mapping is from.
  const rhs = substitute(old.rhs, '\c<SID>', $'<SNR>{old.sid}_', 'g')
  before[action] = old.expr ? '' : Keys(rhs)
  const otherwise = old.expr ? rhs : $'codegen#keys#Before("{action}")'
  const does = old.noremap ? $'codegen#keys#Take("{action}")' : plug
  mapset('i', false, extendnew(old, {
    expr: 1,
    rhs: $'codegen#keys#Takes("{action}", v:false) ? {does} : ({otherwise})',
  }))
enddef

# What a key does that isn't mapped, as a string's inside: itself. A character with Alt does nothing.
# Vim would put another character in, and a terminal would leave Insert mode.
def Unmapped(key: string): string
  return key =~? '^<[amt]-\%(.\|bar\|bslash\|lt\|space\)>$' ? ''
    : substitute(escape(key, '"\'), '<', '\\<lt>', 'g')
enddef

# What a key is mapped to in all buffers, {} if it isn't.
def Mapped(key: string): dict<any>
  const found = maparg(key, 'i', false, true)
  if !get(found, 'buffer', 0)
    return found
  endif
  # A mapping of the buffer hides it.
  return maplist()
    ->filter((_, each) => each.lhsraw ==# found.lhsraw && each.mode =~ '[i!]' && !each.buffer)
    ->get(0, {})
enddef

export def Before(action: string): string
  return before[action]
enddef

# The right side of a mapping as the keys that it stands for.
def Keys(rhs: string): string
  return rhs ==? '<Nop>' ? ''
    : substitute(rhs, '<[^<>]\+>', (found) => eval($'"\{found[0]}"'), 'g')
enddef
