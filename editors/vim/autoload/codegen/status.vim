vim9script
# What the server does, in a few words for 'statusline'.

import autoload './config.vim'
import autoload './document.vim'

# `stopped`, `starting`, `failed`, or as the server says: unloaded, loading, ready, missing, error.
var state = 'stopped'
var busy = false
var message = ''
var percent = -1

# What was last said, so that the screen is touched only when there is something new.
var told = ''

const WORDS = {
  stopped: 'off',
  starting: 'loading',
  failed: 'error',
  unloaded: 'off',
  missing: 'no model',
}

export def Set(new: string, why: string = '')
  [state, busy, message] = [new, false, why]
  percent = -1
  Redraw()
enddef

# Takes a notification `didChangeStatus`.
export def Changed(params: dict<any>)
  state = get(params, 'state', state)
  busy = !!get(params, 'busy', false)
  message = get(params, 'message', '')
  if state != 'loading'
    percent = -1
  endif
  Redraw()
enddef

# Takes a notification `$/progress`.
export def Progress(params: dict<any>)
  const value = get(params, 'value', {})
  if type(value) != v:t_dict
    return
  endif
  percent = get(value, 'kind', '') == 'end' ? -1 : get(value, 'percentage', percent)
  Redraw()
enddef

export def Text(): string
  if !config.Enabled() || !config.LanguageEnabled(config.Language(&filetype))
      || document.IsTooLarge(bufnr())
    return 'codegen: off'
  endif
  const word = state == 'ready' && busy ? 'busy' : get(WORDS, state, state)
  return 'codegen: ' .. word .. (state == 'loading' && percent >= 0 ? $' {percent} %' : '')
enddef

# A sentence for :Codegen status.
export def Sentence(): string
  if empty(&filetype)
    return "codegen: off, since this buffer has no 'filetype'"
  elseif document.IsTooLarge(bufnr())
    return 'codegen: off, since this buffer is larger than 8 MB'
  endif
  return Text() .. (empty(message) ? '' : ': ' .. message)
enddef

def Redraw()
  if told == Sentence()
    return
  endif
  told = Sentence()
  if exists('#User#CodegenStatus')
    doautocmd <nomodeline> User CodegenStatus
  endif
  redrawstatus!
enddef
