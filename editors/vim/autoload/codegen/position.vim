vim9script
# Between Vim's columns, in bytes, and the protocol's, in units of the agreed encoding.

# The units of a text: bytes, code points, or code points with two for an astral one.
export def Units(text: string, encoding: string): number
  if encoding == 'utf-8'
    return strlen(text)
  endif
  const points = strchars(text)
  # What isn't astral goes; four bytes are left of each that is.
  return encoding == 'utf-32' ? points
    : points + strlen(substitute(text, '[^\U00010000-\U0010ffff]', '', 'g')) / 4
enddef

# How many bytes of a line come before a position in it.
export def Bytes(line: string, units: number, encoding: string): number
  if encoding == 'utf-8'
    return min([units, strlen(line)])
  endif
  var left = units
  var bytes = 0
  # A composing character is one of its own for the protocol.
  for point in str2list(line)
    left -= encoding == 'utf-16' && point > 0xffff ? 2 : 1
    if left < 0
      break
    endif
    bytes += strlen(nr2char(point))
  endfor
  return bytes
enddef
