vim9script
# The user's settings: what the variable g:codegen was, and what :Codegen has switched since.

# The server is what the user's own configuration names; no file of a project is ever asked.
const COMMAND = ['codegen', 'lsp']

# Every one of these works in every terminal. CTRL-G begins keys of Vim's own that are seldom used.
const KEYS = {
  accept: '<Tab>',
  word: '<C-G>w',
  line: '<C-G>l',
  next: '<C-G>n',
  previous: '<C-G>p',
  invoke: '<C-G>g',
  dismiss: '<C-]>',
}

# Where Vim's name of a file type isn't the protocol's.
const LANGUAGES = {
  bash: 'shellscript',
  cs: 'csharp',
  dosbatch: 'bat',
  make: 'makefile',
  objc: 'objective-c',
  objcpp: 'objective-cpp',
  ps1: 'powershell',
  sh: 'shellscript',
  tex: 'latex',
  text: 'plaintext',
  zsh: 'shellscript',
}

# What the user has set, once that was read, and what :Codegen enable and disable have said since;
# that lies over the user's settings.
var own: dict<any> = {}
var read = false
var switched: dict<any> = {}

# Takes a copy of g:codegen, but not any more once a file was read: with 'modelineexpr' its modeline
# can change the variable, sandbox or not, and so would name a command or a function.
export def Read()
  if read && !empty(getbufinfo({bufloaded: 1}))
    return
  endif
  read = true
  # A `const` would lock the user's own values: hence `final`, here and below.
  final given = get(g:, 'codegen', {})
  own = type(given) == v:t_dict ? deepcopy(given) : {}
enddef

export def Command(): list<string>
  return copy(get(own, 'command', COMMAND))
enddef

# The keys to map by default: none if the user wants none, and the user's own before ours.
export def Keys(): dict<string>
  final map = get(own, 'map', true)
  if type(map) == v:t_dict
    return extendnew(KEYS, map)->filter((action, key) => has_key(KEYS, action) && !empty(key))
  endif
  return map ? KEYS : {}
enddef

# A function of the user's that tells whether a snippet is being filled in.
export def InSnippet(): bool
  const Tells = get(own, 'in_snippet', null)
  return Tells == null ? false : !!call(Tells, [])
enddef

# What the server is sent.
export def Settings(): dict<any>
  final settings = extendnew(get(own, 'settings', {}), switched)
  final languages = get(get(own, 'settings', {}), 'languages', {})
  return extend(settings, {languages: extendnew(languages, get(switched, 'languages', {}))})
enddef

export def Language(filetype: string): string
  const first = split(filetype, '\.')->get(0, '')
  return get(LANGUAGES, first, first)
enddef

export def Enabled(): bool
  return !!get(Settings(), 'enabled', true)
enddef

export def LanguageEnabled(language: string): bool
  final languages = Settings().languages
  return !!get(languages, language, get(languages, '*', true))
enddef

export def Switch(on: bool)
  switched.enabled = on
enddef

export def SwitchLanguage(language: string, on: bool)
  switched.languages = get(switched, 'languages', {})->extend({[language]: on})
enddef
