vim9script
# What the server says by itself: each of its requests is answered once.

import autoload './config.vim'
import autoload './notice.vim'
import autoload './server.vim'
import autoload './status.vim'
import autoload './workspace.vim'

# The protocol's types of messages, from 1.
const HIGHLIGHTS = ['ErrorMsg', 'WarningMsg', 'MoreMsg']

def Section(item: dict<any>): any
  return get(item, 'section', '') == 'codegen' ? config.Settings() : null
enddef

const ANSWERS: dict<func(any): any> = {
  'workspace/configuration': (params) => mapnew(params.items, (_, item) => Section(item)),
  'workspace/workspaceFolders': (_) => workspace.Folders(),
  'client/registerCapability': (_) => null,
  'client/unregisterCapability': (_) => null,
  'window/workDoneProgress/create': (_) => null,
}

export def Handle(message: dict<any>)
  const method = get(message, 'method', '')
  const params = get(message, 'params', null) ?? {}
  if !has_key(message, 'id')
    Notified(method, params)
  elseif method == 'window/showMessageRequest'
    Question(message.id, params)
  elseif has_key(ANSWERS, method)
    server.Reply(message.id, ANSWERS[method](params))
  elseif !empty(method)
    server.Refuse(message.id, method)
  endif
enddef

def Notified(method: string, params: dict<any>)
  if method == 'didChangeStatus'
    status.Changed(params)
  elseif method == '$/progress'
    status.Progress(params)
  elseif method == 'window/logMessage'
    notice.Log(params.message)
  elseif method == 'window/showMessage'
    notice.Tell(params.message, get(HIGHLIGHTS, params.type - 1, 'Normal'))
  endif
enddef

# Asks the user, whenever that is answered.
def Question(id: any, params: dict<any>)
  const choices = get(params, 'actions', null) ?? []
  notice.Ask(params.message, mapnew(choices, (_, action) => action.title), (chosen) => {
    const index = indexof(choices, (_, action) => action.title == chosen)
    server.Reply(id, index < 0 ? null : choices[index])
  })
enddef
