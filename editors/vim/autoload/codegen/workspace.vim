vim9script
# Where files are: their addresses, and the folders that they belong to.

import autoload './server.vim'

# A folder is a project's if one of these is in it. The server reads the last one itself.
const REPOSITORIES = ['.git', '.hg', '.svn', '.jj']
const NARROWING = ['.codegen.toml']

# Paths that the server was told of.
var told: list<string> = []

export def Uri(path: string): string
  # Windows' paths begin with a letter, and have backslashes.
  const slashed = has('win32') ? substitute(path, '\\', '/', 'g') : path
  const absolute = slashed[0] == '/' ? slashed : '/' .. slashed
  return 'file://' .. substitute(absolute, '[^A-Za-z0-9/._~-]', (m) => Percent(m[0]), 'g')
enddef

def Percent(character: string): string
  return range(strlen(character))
    ->map((_, i) => printf('%%%02X', char2nr(strpart(character, i, 1))))
    ->join('')
enddef

# As the protocol has them.
export def Folders(): list<dict<string>>
  return mapnew(told, (_, path) => Folder(path))
enddef

def Folder(path: string): dict<string>
  return {uri: Uri(path), name: fnamemodify(path, ':t')}
enddef

# Begins anew, for a server that was told nothing yet.
export def Reset()
  told = []
enddef

# Takes in the folders of a file, before it is opened.
export def Include(path: string)
  const directory = fnamemodify(path, ':h')
  const roots = [Above(directory, REPOSITORIES), Above(directory, NARROWING)]
    ->filter((_, folder) => !empty(folder))
    ->uniq()
  const added = (roots ?? [directory])
    ->copy()
    ->filter((_, folder) => index(told, folder) < 0)
  if empty(added)
    return
  endif
  told += added
  if server.IsReady()
    const event = {added: mapnew(added, (_, folder) => Folder(folder)), removed: []}
    server.Notify('workspace/didChangeWorkspaceFolders', {event: event})
  endif
enddef

def Above(directory: string, names: list<string>): string
  var folder = directory
  while !empty(folder)
    if indexof(names, (_, name) => !empty(getftype(folder .. '/' .. name))) >= 0
      return folder
    endif
    const parent = fnamemodify(folder, ':h')
    folder = parent == folder ? '' : parent
  endwhile
  return ''
enddef
