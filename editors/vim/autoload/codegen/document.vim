vim9script
# The buffers that the server knows, kept in step with it.
#
# Vim tells a listener which lines were changed, just before it draws or when it is told to. Whole
# lines are what is sent: they need no columns, and are short next to everything else of a message.

import autoload './config.vim'
import autoload './server.vim'
import autoload './position.vim'
import autoload './workspace.vim'

# Bytes of the largest buffer that is opened. Source: the server makes no suggestions in more than
# two million characters, and each has up to four bytes.
const MOST = 8'000'000

# Each is {uri, language, version, listener, ending, final, count}: `ending` is what ends its lines,
# `final` whether it ends the last one, and `count` how many lines the server knows.
var documents: dict<dict<any>> = {}

export def Known(buffer: number): bool
  return has_key(documents, buffer)
enddef

export def Uri(buffer: number): string
  return documents[buffer].uri
enddef

export def Language(buffer: number): string
  return config.Language(getbufvar(buffer, '&filetype'))
enddef

# Whether a buffer is one that suggestions are for: text of a file, or that is to be in one.
export def IsWanted(buffer: number): bool
  const name = bufname(buffer)
  return bufloaded(buffer)
    && empty(getbufvar(buffer, '&buftype'))
    && !empty(getbufvar(buffer, '&filetype'))
    && !getbufvar(buffer, '&binary')
    && name !~ '^\a[A-Za-z0-9+.-]\+://'
    && !isdirectory(name)
    && !IsTooLarge(buffer)
enddef

# Vim knows the size of the current buffer; any other one is about as large as its file.
export def IsTooLarge(buffer: number): bool
  return (buffer == bufnr() ? line2byte(line('$') + 1) : getfsize(bufname(buffer))) > MOST
enddef

# Opens a buffer for the server, and again if it is another document than it was.
export def Open(buffer: number)
  Close(buffer)
  if !server.IsReady() || !IsWanted(buffer)
    return
  endif
  final document = {
    language: Language(buffer),
    version: 1,
    ending: {dos: "\r\n", mac: "\r"}->get(getbufvar(buffer, '&fileformat'), "\n"),
    final: HasFinal(buffer),
    count: Count(buffer),
  }
  const text = Text(document, getbufline(buffer, 1, '$'), true)
  if text == null
    return
  endif
  const path = fnamemodify(bufname(buffer), ':p')
  if empty(bufname(buffer))
    document.uri = $'untitled:{buffer}'
  else
    workspace.Include(path)
    document.uri = workspace.Uri(path)
  endif
  server.Notify('textDocument/didOpen', {textDocument: {
    uri: document.uri,
    languageId: document.language,
    version: document.version,
    text: text,
  }})
  # What was changed before is in the text.
  document.listener = listener_add(Changed, buffer)
  documents[buffer] = document
enddef

export def OpenAll()
  for each in getbufinfo({bufloaded: 1})
    Open(each.bufnr)
  endfor
enddef

export def Close(buffer: number)
  if Known(buffer)
    const document = remove(documents, buffer)
    listener_remove(document.listener)
    server.Notify('textDocument/didClose', {textDocument: {uri: document.uri}})
  endif
enddef

# The server is gone, with all that it knew.
export def ForgetAll()
  for document in values(documents)
    listener_remove(document.listener)
  endfor
  documents = {}
enddef

export def Saved(buffer: number)
  if Known(buffer)
    Flush(buffer)
    server.Notify('textDocument/didSave', {textDocument: {uri: Uri(buffer)}})
  endif
enddef

# The server knows all changes afterwards.
export def Flush(buffer: number)
  listener_flush(buffer)
enddef

# A position in a buffer as the protocol has it; `column` counts bytes from 0.
export def Position(line: number, column: number): dict<number>
  const before = strpart(getline(line), 0, column)
  return {line: line - 1, character: position.Units(before, server.Encoding())}
enddef

# The line, and the byte in it, of the protocol's position in the current buffer.
export def Place(at: dict<any>): list<number>
  const line = at.line + 1
  return [line, position.Bytes(getline(line), at.character, server.Encoding())]
enddef

def Changed(buffer: number, top: number, _: number, _: number, changes: list<dict<number>>)
  if !Known(buffer)
    return
  elseif IsTooLarge(buffer)
    Close(buffer)
    return
  endif
  final document = documents[buffer]
  const count = Count(buffer)
  # The lines above `first`, and those from `below` on, are as they were.
  var first = top
  var below = min([count + 1, max(mapnew(changes, (_, each) => each.end + each.added))])
  var below_before = document.count - (count - below)
  if count == 1 || below_before < first
    # A buffer that lost all of its lines has one again, of which no change tells.
    [first, below, below_before] = [1, count + 1, document.count + 1]
  endif
  document.count = count
  document.version += 1
  const text = Text(document, getbufline(buffer, first, below - 1), below > count)
  if text == null
    Close(buffer)
    return
  endif
  var change = {text: text, range: {
    start: {line: first - 1, character: 0},
    end: {line: below_before - 1, character: 0},
  }}
  if !document.final && below > count && first > 1
    # The line above has no ending if it is the last one.
    const above = getbufoneline(buffer, first - 1)
    const end = position.Units(above, server.Encoding())
    change.range.start = {line: first - 2, character: end}
    change.text = below > first ? document.ending .. text : ''
  endif
  server.Notify('textDocument/didChange', {
    textDocument: {uri: document.uri, version: document.version},
    contentChanges: [change],
  })
enddef

# Lines as they are in the file, or null if they aren't text. `last`: the last one is among them.
def Text(document: dict<any>, lines: list<string>, last: bool): any
  var text = join(lines, "\n")
  # A zero byte is "\n" in a line.
  if count(text, "\n") > max([0, len(lines) - 1]) || !IsUtf8(text)
    return null
  endif
  if stridx(text, "\r") >= 0
    # Inside a line it would end one for the server. Before a line feed it is part of the ending.
    text = substitute(text, document.ending == "\n" ? '\r\ze[^\n]' : '\r', ' ', 'g')
  endif
  if document.ending != "\n"
    text = substitute(text, '\n', document.ending, 'g')
  endif
  return empty(lines) || (last && !document.final) ? text : text .. document.ending
enddef

# Bytes that are no UTF-8 don't come back the same from JSON. Most text is ASCII, though, and only
# that is the same if it is taken for Latin-1, which is seen in a tenth of the time.
def IsUtf8(text: string): bool
  return text == iconv(text, 'latin1', 'utf-8') || text == json_decode(json_encode(text))
enddef

def HasFinal(buffer: number): bool
  return getbufvar(buffer, '&endofline') || getbufvar(buffer, '&fixendofline')
enddef

def Count(buffer: number): number
  return getbufinfo(buffer)[0].linecount
enddef
