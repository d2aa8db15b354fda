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

# Whether a key is the suggestion's at this moment.
export def Takes(action: string): bool
  if !suggest.Visible()
    return index(ASKING, action) >= 0 && suggest.Possible()
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
  const old = maparg(key, 'i', false, true)
  if empty(old) || old.buffer
    const itself = substitute(escape(key, '"\'), '<', '\\<lt>', 'g')
    execute $'inoremap <silent> <expr> {key} codegen#Press("{action}", "{itself}")'
    return
  endif
  # Vim would take this script's functions for those of the script that the mapping is from.
  const rhs = substitute(old.rhs, '\c<SID>', $'<SNR>{old.sid}_', 'g')
  before[action] = old.expr ? '' : Keys(rhs)
  const otherwise = old.expr ? rhs : $'codegen#keys#Before("{action}")'
  mapset('i', false, extendnew(old, {
    expr: 1,
    rhs: $'codegen#keys#Takes("{action}") ? codegen#keys#Take("{action}") : ({otherwise})',
  }))
enddef

export def Before(action: string): string
  return before[action]
enddef

# The right side of a mapping as the keys that it stands for.
def Keys(rhs: string): string
  return rhs ==? '<Nop>' ? ''
    : substitute(rhs, '<[^<>]\+>', (found) => eval($'"\{found[0]}"'), 'g')
enddef
