vim9script
# What a vimrc may call. All of it is described in doc/codegen.txt.

import autoload './codegen/keys.vim'
import autoload './codegen/status.vim'
import autoload './codegen/suggest.vim'

# The state of the server in a few words, for 'statusline'.
export def Status(): string
  return status.Text()
enddef

# Whether ghost text is shown.
export def Visible(): bool
  return suggest.Visible()
enddef

# For a mapping with <expr>: the keys that do something with the suggestion, or `otherwise` where
# there is none, or where the key is to keep its own meaning.
export def Press(action: string, otherwise: string = ''): string
  return keys.Takes(action) ? keys.Take(action) : otherwise
enddef
