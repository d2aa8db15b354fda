vim9script
# Vim's events, and what each of them sets off.

import autoload './config.vim'
import autoload './document.vim'
import autoload './ghost.vim'
import autoload './incoming.vim'
import autoload './keys.vim'
import autoload './notice.vim'
import autoload './server.vim'
import autoload './suggest.vim'
import autoload './workspace.vim'

# How long the cursor rests before the server is told where.
const REST_MS = 500

# The timer of the cursor's rest, and the state of the text when the cursor last moved.
var resting = 0
var text: list<number> = []

export def Begin()
  server.Connect({Hello: Hello, Ready: Ready, Lost: Lost, Message: incoming.Handle})
  ghost.Prepare()
  keys.Map()
  augroup codegen
    autocmd!
    autocmd FileType,BufFilePost,FileChangedShellPost * Opened(str2nr(expand('<abuf>')))
    autocmd BufReadPost,BufWritePost * Read(str2nr(expand('<abuf>')))
    autocmd OptionSet fileformat,endofline,fixendofline,binary,buftype Opened(bufnr())
    autocmd BufUnload * Unloaded(str2nr(expand('<abuf>')))
    autocmd BufWritePost * document.Saved(str2nr(expand('<abuf>')))
    autocmd BufEnter * Entered()
    autocmd BufLeave,CompleteChanged * suggest.Dismiss()
    autocmd ModeChanged i*:* Left()
    autocmd TextChangedI * suggest.Typed()
    autocmd TextChanged * ghost.Sweep(bufnr())
    autocmd CursorMovedI * suggest.Follow() | Moved()
    autocmd CursorMoved * Moved()
    # The menu is still open in this event.
    autocmd CompleteDone * timer_start(0, (_) => suggest.Typed())
    autocmd ColorScheme * ghost.Prepare()
    autocmd VimLeavePre * server.Leave()
  augroup END
  for each in getbufinfo({bufloaded: 1})
    Opened(each.bufnr)
  endfor
enddef

# The parameters of `initialize`.
def Hello(): dict<any>
  workspace.Reset()
  workspace.Include(fnamemodify(bufname() ?? 'none', ':p'))
  const folders = workspace.Folders()
  return {
    processId: getpid(),
    clientInfo: {name: 'Vim', version: string(v:versionlong)},
    rootUri: folders[0].uri,
    workspaceFolders: folders,
    initializationOptions: config.Settings(),
    capabilities: {
      # Vim counts in bytes of UTF-8.
      general: {positionEncodings: ['utf-8', 'utf-16', 'utf-32']},
      textDocument: {
        synchronization: {didSave: true},
        inlineCompletion: {dynamicRegistration: false},
      },
      window: {workDoneProgress: true, showMessage: {}},
      workspace: {configuration: true, workspaceFolders: true},
    },
  }
enddef

def Ready()
  document.OpenAll()
  Entered()
enddef

def Lost()
  notice.Withdraw()
  suggest.Forget()
  document.ForgetAll()
enddef

def Opened(buffer: number)
  document.Open(buffer)
  if document.IsWanted(buffer) && config.Enabled()
    server.Start()
  endif
enddef

def Read(buffer: number)
  if !document.Known(buffer)
    Opened(buffer)
  endif
enddef

def Unloaded(buffer: number)
  document.Close(buffer)
enddef

def Entered()
  text = [bufnr(), b:changedtick]
  if document.Known(bufnr())
    server.Notify('textDocument/didFocus', {textDocument: {uri: document.Uri(bufnr())}})
  endif
enddef

def Left()
  if v:event.new_mode !~ '^i'
    suggest.Dismiss()
  endif
enddef

# An edit moves the cursor, too, but the server sees that by itself.
def Moved()
  timer_stop(resting)
  const now = [bufnr(), b:changedtick]
  if now != text
    text = now
  elseif document.Known(bufnr())
    resting = timer_start(REST_MS, (_) => Rested(now))
  endif
enddef

def Rested(then: list<number>)
  if then == [bufnr(), b:changedtick] && document.Known(bufnr())
    document.Flush(bufnr())
    server.Notify('codegen/didMoveCursor', {
      textDocument: {uri: document.Uri(bufnr())},
      position: document.Position(line('.'), col('.') - 1),
    })
  endif
enddef
