vim9script
# :Codegen and its sub-commands.

import autoload './config.vim'
import autoload './document.vim'
import autoload './notice.vim'
import autoload './server.vim'
import autoload './status.vim'
import autoload './suggest.vim'

const NAMES = ['answer', 'disable', 'disable-language', 'enable', 'enable-language', 'explain',
  'log', 'restart', 'status']

export def Complete(_: string, line: string, _: number): string
  return join(line =~ '^\s*\S\+\s\+answer\s' ? notice.Choices() : NAMES, "\n")
enddef

export def Run(arguments: string)
  const name = matchstr(arguments, '^\S\+')
  const rest = trim(strpart(arguments, strlen(name)))
  if name == 'answer'
    Answer(rest)
  elseif name == 'enable' || name == 'disable'
    config.Switch(name == 'enable')
    Switched()
  elseif name == 'enable-language' || name == 'disable-language'
    SwitchLanguage(name == 'enable-language')
  elseif name == 'explain'
    Explain()
  elseif name == 'log'
    notice.ShowLog()
  elseif name == 'restart'
    server.Restart()
  elseif name == 'status'
    echo status.Sentence()
  else
    echohl ErrorMsg
    echomsg 'codegen: there is no' name .. '; there are' join(NAMES, ', ')
    echohl None
  endif
enddef

def Answer(choice: string)
  const choices = notice.Choices()
  if index(choices, choice) >= 0
    notice.Answer(choice)
  else
    echo empty(choices) ? 'codegen asks nothing; after :Codegen restart it may' : 'codegen: answer ' .. join(choices, ' or ')
  endif
enddef

def SwitchLanguage(on: bool)
  if empty(&filetype)
    echo 'codegen: this buffer has no language'
    return
  endif
  config.SwitchLanguage(document.Language(bufnr()), on)
  Switched()
enddef

def Switched()
  if server.IsReady()
    final settings = {codegen: config.Settings()}
    server.Notify('workspace/didChangeConfiguration', {settings: settings})
  elseif config.Enabled()
    server.Start()
  endif
  suggest.Dismiss()
  echo status.Sentence()
enddef

def Explain()
  if !document.Known(bufnr())
    echo 'codegen: the server doesn''t know this buffer'
    return
  endif
  const params = {textDocument: {uri: document.Uri(bufnr())}}
  server.Request('codegen/explain', params, (reply) => {
    const told = get(reply, 'result', null)
    if told == null
      echo 'codegen: nothing was asked in this buffer yet'
    else
      notice.Scratch('codegen: explain', Outline(told, ''))
    endif
  })
enddef

# A value of JSON as indented lines: what fits in one first, since Vim's dicts have no order.
def Outline(value: any, indent: string): list<string>
  var short: list<string> = []
  var long: list<string> = []
  const pairs = type(value) == v:t_dict ? items(value)->sort()
    : mapnew(value, (i, each) => [i + 1, each])
  for [name, each] in pairs
    if index([v:t_dict, v:t_list], type(each)) >= 0 && !empty(each)
      long += [$'{indent}{name}:'] + Outline(each, indent .. '  ')
    elseif type(each) == v:t_string && stridx(each, "\n") >= 0
      long += [$'{indent}{name}:']
        + mapnew(split(each, "\n", true), (_, line) => indent .. '  | ' .. line)
    else
      add(short, $'{indent}{name}: ' .. (type(each) == v:t_string ? each : json_encode(each)))
    endif
  endfor
  return short + long
enddef
