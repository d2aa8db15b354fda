vim9script
# Text on the screen that isn't in the buffer.

const TYPE = 'codegen_ghost'

# The buffer with ghost text, 0 if there is none.
var where = 0

# The buffers that ever had some.
var haunted: dict<bool> = {}

export def Prepare()
  highlight default link CodegenGhost Comment
  if empty(prop_type_get(TYPE))
    prop_type_add(TYPE, {highlight: 'CodegenGhost'})
  endif
enddef

# Shows a shape (see shape.vim) in the current buffer; `column` counts bytes from 0.
export def Draw(line: number, column: number, shape: dict<any>)
  Clear()
  where = bufnr()
  haunted[where] = true
  for [behind, text] in shape.pieces
    const at = column + behind
    const before = strdisplaywidth(strpart(getline(line), 0, at))
    prop_add(line, at + 1, {type: TYPE, text: Untabbed(text, before)})
  endfor
  for text in shape.below
    # A virtual line needs something in it to be there.
    const shown = Untabbed(text, 0) ?? ' '
    prop_add(line, 0, {type: TYPE, text: shown, text_align: 'below', text_wrap: 'wrap'})
  endfor
enddef

export def Clear()
  if where > 0
    Sweep(where)
    where = 0
  endif
enddef

# Takes away what undo has brought back: it restores a line with all that was attached to it.
export def Sweep(buffer: number)
  if has_key(haunted, buffer) && bufloaded(buffer)
    prop_remove({type: TYPE, bufnr: buffer, all: true})
  endif
enddef

# With blanks for tabs, as wide as they are in the buffer; Vim shows one blank for each.
def Untabbed(text: string, column: number): string
  const parts = split(text, "\t", true)
  var shown = parts[0]
  for part in parts[1 :]
    shown ..= repeat(' ', strdisplaywidth("\t", column + strdisplaywidth(shown, column))) .. part
  endfor
  return shown
enddef
