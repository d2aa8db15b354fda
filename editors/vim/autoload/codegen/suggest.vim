vim9script
# The suggestion: it is asked for, followed while somebody types, shown, and accepted.

import autoload './config.vim'
import autoload './document.vim'
import autoload './ghost.vim'
import autoload './position.vim'
import autoload './server.vim'
import autoload './shape.vim'

# The protocol's InlineCompletionTriggerKind.
const INVOKED = 1
const AUTOMATIC = 2

# The request that is on its way, {} if there is none.
var asked: dict<any> = {}

# What is suggested, {} if nothing is. Of one request:
#   items, index   its answer, and which of them is shown
#   invoked        whether it was asked for by hand, so that all candidates are there
#   chosen         whether the user has turned to this candidate
# Of the item: text (all of it, with "\n"), line and column (where it starts), and where the cursor
# was: behind (what follows in its line), replaced (how much of that gives way), under (lines below).
# `rest` is what is still to come of the text, `drawn` for which state of the buffer it is shown.
var current: dict<any> = {}

export def Visible(): bool
  return !empty(current)
enddef

# What is still to come, '' if nothing is suggested.
export def Rest(): string
  return get(current, 'rest', '')
enddef

# Whether suggestions are possible here and now.
export def Possible(): bool
  return mode() == 'i'
    && server.IsReady()
    && document.Known(bufnr())
    && &modifiable && !&paste
    && !pumvisible()
    # A macro is to do the same each time.
    && empty(reg_recording()) && empty(reg_executing())
    && config.Enabled() && config.LanguageEnabled(document.Language(bufnr()))
enddef

# The text was edited in Insert mode.
export def Typed()
  Follow()
  Ask(AUTOMATIC)
enddef

# Keeps the suggestion while the cursor is behind a beginning of it, and nothing else has changed.
export def Follow()
  if empty(current)
    return
  endif
  if current.buffer == bufnr() && current.drawn == State()
    return
  endif
  const typed = Typing(current.line, current.column)
  if current.buffer == bufnr()
      && Possible()
      && (line('.') > current.line
        || line('.') == current.line && col('.') > current.column)
      && stridx(current.text, typed) == 0
      && strlen(typed) < strlen(current.text)
      && strpart(getline('.'), col('.') - 1) ==# current.behind
      && line('$') - line('.') == current.under
    Show(typed)
  else
    Hide()
  endif
enddef

# Takes the suggestion away, and the request for another one.
export def Dismiss()
  Hide()
  if !empty(asked)
    server.Cancel(asked.id)
    asked = {}
  endif
enddef

# The server is gone.
export def Forget()
  asked = {}
  Hide()
enddef

def Hide()
  current = {}
  ghost.Clear()
enddef

# What has to be the same for an answer to be of use.
def State(): list<number>
  return [bufnr(), b:changedtick, line('.'), col('.')]
enddef

# Asks the server; `step` is how far to turn in the answer's candidates from what is shown now.
def Ask(kind: number, step: number = 0)
  if !Possible()
    return
  endif
  const buffer = bufnr()
  document.Flush(buffer)
  final question = {state: State(), kind: kind, step: step, id: 0}
  asked = question
  question.id = server.Request('textDocument/inlineCompletion', {
    textDocument: {uri: document.Uri(buffer)},
    position: document.Position(line('.'), col('.') - 1),
    context: {triggerKind: kind},
  }, (reply) => Answered(question, reply))
enddef

def Answered(question: dict<any>, reply: dict<any>)
  if question isnot asked
    return
  endif
  asked = {}
  if question.state != State() || !Possible()
    return
  endif
  const result = get(reply, 'result', null)
  const items = type(result) == v:t_dict ? get(result, 'items', []) : result ?? []
  # What is shown is still true where the server has nothing better, or the user has chosen it.
  if !empty(current) && question.kind == AUTOMATIC && current.chosen
    return
  endif
  Turn(items, question.kind == INVOKED, question.step)
enddef

# Shows one of some items: the next that fits, by steps from the one that is shown now.
def Turn(items: list<dict<any>>, invoked: bool, step: number)
  const now = Rest()
  final fitting = mapnew(items, (_, item) => Fitted(item))->filter((_, each) => !empty(each))
  if empty(fitting)
    return
  endif
  const at = indexof(fitting, (_, each) => each.rest ==# now)
  final new = fitting[at < 0 ? 0 : (at + step) % len(fitting)]
  extend(new, {
    items: items,
    invoked: invoked,
    chosen: step != 0,
    told: new.rest ==# now && get(current, 'told', false),
  })
  current = new
  Show(Typing(current.line, current.column))
enddef

# An item as it is where the cursor is, or {} if it can't be shown truthfully.
def Fitted(item: dict<any>): dict<any>
  const [at, column] = [line('.'), col('.') - 1]
  var [start, end] = [[at, column], [at, column]]
  if has_key(item, 'range') && item.range != null
    [start, end] = [document.Place(item.range.start), document.Place(item.range.end)]
  endif
  if type(item.insertText) != v:t_string || end[0] != at || end[1] < column
      || start[0] > at || (start[0] == at && start[1] > column)
    return {}
  endif
  const text = Plain(item.insertText)
  const typed = Typing(start[0], start[1])
  const behind = strpart(getline(at), column)
  const replaced = strpart(behind, 0, end[1] - column)
  const rest = strpart(text, strlen(typed))
  if stridx(text, typed) != 0 || empty(rest) || empty(shape.Of(rest, replaced))
    return {}
  endif
  return {
    buffer: bufnr(),
    item: item,
    text: text,
    line: start[0],
    column: start[1],
    behind: behind,
    replaced: replaced,
    under: line('$') - at,
    rest: rest,
  }
enddef

# Lines of a file with CRLF end with "\n" here, as everywhere in Vim.
def Plain(text: string): string
  return &fileformat == 'unix' ? text : substitute(text, '\r\n\=', "\n", 'g')
enddef

# The text from a place to the cursor.
def Typing(from: number, column: number): string
  var lines = getline(from, '.')
  if empty(lines)
    return ''
  endif
  lines[-1] = strpart(lines[-1], 0, col('.') - 1)
  lines[0] = strpart(lines[0], column)
  return join(lines, "\n")
enddef

def Show(typed: string)
  const rest = strpart(current.text, strlen(typed))
  const looks = shape.Of(rest, current.replaced)
  if empty(looks)
    Hide()
    return
  endif
  current.rest = rest
  current.drawn = State()
  ghost.Draw(line('.'), col('.') - 1, looks)
  if !get(current, 'told', false)
    current.told = true
    server.Notify('textDocument/didShowCompletion', {item: current.item})
  endif
enddef

# What the keys do.

export def Invoke()
  Ask(INVOKED)
enddef

export def Next()
  Step(1)
enddef

export def Previous()
  Step(-1)
enddef

def Step(step: number)
  if get(current, 'invoked', false)
    Turn(current.items, true, step)
  else
    Ask(INVOKED, step)
  endif
enddef

export def Accept()
  Take(Rest())
enddef

export def AcceptWord()
  Take(shape.Word(Rest()))
enddef

export def AcceptLine()
  Take(shape.Line(Rest()))
enddef

# Puts a beginning of what is to come into the text.
def Take(part: string)
  if empty(current) || empty(part)
    return
  endif
  final taken = current
  const free = shape.Of(taken.rest, taken.replaced).free
  # A part can't end within, or behind, the text that gives way: then all of it is taken.
  const whole = strlen(part) > free || part ==# taken.rest
  ghost.Clear()
  Insert(whole ? taken.rest : part, whole ? strlen(taken.replaced) : 0)
  document.Flush(bufnr())
  if !whole
    const so_far = Typing(taken.line, taken.column)
    server.Notify('textDocument/didPartiallyAcceptCompletion', {
      item: taken.item,
      acceptedLength: position.Units(InItem(so_far), 'utf-16'),
    })
    Show(so_far)
    return
  endif
  Hide()
  const command = get(taken.item, 'command', null)
  if type(command) == v:t_dict
    const params = {command: command.command, arguments: get(command, 'arguments', [])}
    server.Request('workspace/executeCommand', params, (_) => {
    })
  endif
enddef

# A beginning of the text as the item has it.
def InItem(text: string): string
  return stridx(current.item.insertText, "\r\n") < 0 || &fileformat == 'unix'
    ? text : substitute(text, "\n", "\r\n", 'g')
enddef

# Puts a text at the cursor, in place of some bytes behind it, and the cursor behind it.
def Insert(text: string, replaced: number)
  const [at, column] = [line('.'), col('.') - 1]
  const before = strpart(getline(at), 0, column)
  const behind = strpart(getline(at), column + replaced)
  var lines = split(text, "\n", true)
  lines[0] = before .. lines[0]
  const end = strlen(lines[-1])
  lines[-1] ..= behind
  setline(at, lines[0])
  append(at, lines[1 :])
  cursor(at + len(lines) - 1, end + 1)
enddef
