vim9script
# How a text that is still to come looks before it is there, and which piece of it comes next.

# What to show at the cursor: {pieces, below, free}, or {} if that would not look like what is to
# come.
#
# `rest` is what comes, up to the end of `replaced`, the text behind the cursor that gives way. A
# piece is [bytes behind the cursor, text]; `below` are the lines that follow. `free` is how many
# bytes of `rest` come before anything gives way.
export def Of(rest: string, replaced: string): dict<any>
  const lines = split(substitute(rest, '\r', '', 'g'), "\n", true)
  const first = lines[0]
  if empty(replaced)
    return {pieces: Some([[0, first]]), below: lines[1 :], free: strlen(rest)}
  endif
  # What is there already is shown where it stands, and what is new before and behind it.
  const at = strridx(first, replaced)
  if at < 0
    return {}
  endif
  const behind = strpart(first, at + strlen(replaced))
  return {
    pieces: Some([[0, strpart(first, 0, at)], [strlen(replaced), behind]]),
    below: lines[1 :],
    free: at,
  }
enddef

def Some(pieces: list<list<any>>): list<list<any>>
  return filter(pieces, (_, piece) => !empty(piece[1]))
enddef

# The next word with the blanks before it, or a run of other characters.
export def Word(rest: string): string
  return matchstr(rest, '\v^\_s*%(\k+|%(\k|\_s)@!.)+|^\_s+')
enddef

# Up to the end of the line; the whole of the next one where this one has ended.
export def Line(rest: string): string
  return matchstr(rest, '^\n\?[^\n]*')
enddef

# The blanks that a text begins with.
export def Indent(text: string): string
  return matchstr(text, '^[ \t]*')
enddef
