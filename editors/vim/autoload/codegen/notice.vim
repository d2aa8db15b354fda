vim9script
# What the user is told, in popups that take no key and no focus, and the log.

const KEPT = 2000
const SHOWN_MS = 12'000
const FOREVER_MS = 86'400'000

var log: list<string> = []

# The server's question that is open: {id, message, choices, Reply, popup}.
var question: dict<any> = {}

export def Log(text: string)
  log += mapnew(split(text, "\n"), (_, line) => strftime('%H:%M:%S ') .. line)
  if len(log) > KEPT
    log = log[-KEPT :]
  endif
enddef

# Says something where it is seen, without stopping whoever types.
export def Tell(text: string, highlight: string = 'WarningMsg')
  Log(text)
  popup_notification(Wrapped(text), {time: SHOWN_MS, highlight: highlight, title: ' codegen '})
enddef

# Asks, and waits for :Codegen answer. `Reply` is called with the choice, '' if there is none.
export def Ask(message: string, choices: list<string>, Reply: func(string))
  Answer('')
  Log(message)
  const hint = mapnew(choices, (_, choice) => ':Codegen answer ' .. choice)
  const popup = popup_notification(Wrapped(message) + [''] + hint, {
    # Until it is answered; 0 would be the three seconds of all notifications.
    time: FOREVER_MS,
    highlight: 'Question',
    title: ' codegen ',
    callback: (_, _) => Answer(''),
  })
  question = {choices: choices, Reply: Reply, popup: popup}
enddef

export def Choices(): list<string>
  return get(question, 'choices', [])
enddef

export def Answer(choice: string)
  if empty(question)
    return
  endif
  const asked = question
  # First, since closing the popup comes back here.
  question = {}
  popup_close(asked.popup)
  asked.Reply(choice)
enddef

# Nobody waits for an answer any more.
export def Withdraw()
  const popup = get(question, 'popup', 0)
  question = {}
  popup_close(popup)
enddef

export def ShowLog()
  Scratch('codegen: log', log)
  normal! G
enddef

# A window with text that belongs to no file.
export def Scratch(name: string, lines: list<string>, filetype: string = '')
  const window = bufwinid('^' .. name .. '$')
  if window > 0
    win_gotoid(window)
  else
    new
    setlocal buftype=nofile bufhidden=wipe noswapfile nobuflisted
    execute 'silent file' fnameescape(name)
  endif
  setlocal modifiable
  silent deletebufline('', 1, '$')
  setline(1, lines)
  setlocal nomodifiable
  &l:filetype = filetype
enddef

# Lines that fit beside what is typed.
def Wrapped(text: string): list<string>
  const width = min([60, max([20, &columns - 8])])
  var lines = ['']
  for word in split(text)
    if strdisplaywidth(lines[-1] .. ' ' .. word) > width && !empty(lines[-1])
      add(lines, word)
    else
      lines[-1] = trim(lines[-1] .. ' ' .. word)
    endif
  endfor
  return lines
enddef
