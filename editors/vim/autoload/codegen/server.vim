vim9script
# The server's process: it is started, spoken to, started again when it dies, and ended.

import autoload './config.vim'
import autoload './notice.vim'
import autoload './status.vim'

const INSTALL = 'make install, in a clone of codegen'

# So often a server that dies is started again within so many seconds.
const RESTARTS = 3
const WITHIN_S = 180

# How long Vim's end may be put off, and how long a server may take to end by itself.
const LEAVING_MS = 500
const ENDING_MS = 3000

var job: any = null
var channel: any = null
var encoding = 'utf-16'
var ready = false

# Whether only a restart by hand starts it again, and when it was started again by itself.
var given_up = false
var starts: list<number> = []

# What to do with what happens; see Connect.
var hooks: dict<any> = {}

# Sets who is told. `Hello()` gives the parameters of `initialize`; `Ready()` is called once the
# server may be spoken to, `Lost()` when it can't any more, and `Message(message)` with all that
# the server says by itself.
export def Connect(told: dict<any>)
  hooks = told
enddef

export def IsReady(): bool
  return ready
enddef

# What the characters of the server's positions are.
export def Encoding(): string
  return encoding
enddef

export def Start()
  if job != null || given_up
    return
  endif
  final command = config.Command()
  if !executable(command[0])
    status.Set('failed', command[0] .. ' is not installed')
    notice.Tell($'{command[0]} was not found. Install it with: {INSTALL}, '
      .. 'and then type :Codegen restart')
    given_up = true
    return
  endif
  status.Set('starting')
  job = job_start(command, {
    in_mode: 'lsp',
    out_mode: 'lsp',
    err_mode: 'nl',
    # A server that doesn't read must not stop Vim.
    noblock: 1,
    out_cb: (from, message) => Received(from, message),
    err_cb: (_, line) => notice.Log(line),
    exit_cb: (which, code) => Ended(which, code),
  })
  channel = job_getchannel(job)
  Request('initialize', hooks.Hello(), (reply) => Greeted(reply))
enddef

def Greeted(reply: dict<any>)
  if has_key(reply, 'error')
    notice.Tell('the server refused to start: ' .. reply.error.message)
    return
  endif
  encoding = get(reply.result.capabilities, 'positionEncoding', 'utf-16')
  ready = true
  Notify('initialized', {})
  hooks.Ready()
enddef

def Received(from: channel, message: dict<any>)
  # One that was given up may still be heard.
  if from == channel
    hooks.Message(message)
  endif
enddef

# Sends a request. `Reply` is called with the whole answer, a dict with `result` or `error`.
# Gives what Cancel takes.
export def Request(method: string, params: any, Reply: func(dict<any>)): number
  const asked = channel
  const sent = Send({method: method, params: params}, {
    callback: (_, reply) => {
      if asked == channel
        Reply(reply)
      endif
    },
  })
  return get(sent, 'id', 0)
enddef

export def Notify(method: string, params: any)
  Send({method: method, params: params}, {})
enddef

export def Cancel(id: number)
  Notify('$/cancelRequest', {id: id})
enddef

def Send(message: dict<any>, options: dict<any>): dict<any>
  # A server that has just died is noticed a moment later.
  return channel != null && ch_status(channel) == 'open'
    ? ch_sendexpr(channel, message, options) : {}
enddef

# Answers a request of the server's. Vim's own mode `lsp` takes no id but a number.
export def Reply(id: any, result: any)
  Answer({id: id, result: result})
enddef

export def Refuse(id: any, method: string)
  Answer({id: id, error: {code: -32601, message: method .. ' is not known'}})
enddef

def Answer(answer: dict<any>)
  if channel == null || ch_status(channel) != 'open'
    return
  endif
  const body = json_encode(extendnew(answer, {jsonrpc: '2.0'}))
  ch_sendraw(channel, $"Content-Length: {strlen(body)}\r\n\r\n{body}")
enddef

def Ended(which: job, code: number)
  if job == null || which != job
    return
  endif
  Drop()
  const now = localtime()
  starts = filter(starts, (_, at) => now - at < WITHIN_S)
  if len(starts) < RESTARTS
    add(starts, now)
    notice.Tell($'the server ended unexpectedly ({code}); it is started again')
    Start()
    return
  endif
  given_up = true
  status.Set('failed', 'the server ended too often')
  notice.Tell('the server ended too often. :Codegen log tells more, :Codegen restart tries again')
enddef

def Drop()
  job = null
  channel = null
  ready = false
  hooks.Lost()
enddef

# Ends the server without waiting for it.
export def Stop()
  const [old, spoken] = [job, channel]
  Drop()
  status.Set('stopped')
  if old == null || job_status(old) != 'run'
    return
  endif
  ch_sendexpr(spoken, {method: 'shutdown'}, {callback: (_, _) => {
    ch_sendexpr(spoken, {method: 'exit'})
  }})
  timer_start(ENDING_MS, (_) => job_stop(old, 'kill'))
enddef

export def Restart()
  starts = []
  given_up = false
  Stop()
  Start()
enddef

# Vim ends, and with it the server: by itself if it can, or else by Vim's signal.
export def Leave()
  if !ready || ch_status(channel) != 'open'
    return
  endif
  # Its end is expected from here on.
  const [last, spoken] = [job, channel]
  [job, channel, ready] = [null, null, false]
  ch_evalexpr(spoken, {method: 'shutdown'}, {timeout: LEAVING_MS})
  ch_sendexpr(spoken, {method: 'exit'})
  const since = reltime()
  while job_status(last) == 'run' && reltimefloat(reltime(since)) * 1000 < LEAVING_MS
    sleep 5m
  endwhile
enddef
