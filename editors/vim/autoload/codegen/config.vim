vim9script
# The user's settings: the variable g:codegen, and what :Codegen has switched since.

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

# What :Codegen enable and disable have said; it lies over the user's settings.
var switched: dict<any> = {}

# A `const` would lock the user's own values: hence `final`, here and below.
def Own(): dict<any>
  final own = get(g:, 'codegen', {})
  return type(own) == v:t_dict ? own : {}
enddef

export def Command(): list<string>
  return get(Own(), 'command', COMMAND)
enddef

# The keys to map by default: none if the user wants none, and the user's own before ours.
export def Keys(): dict<string>
  final map = get(Own(), 'map', true)
  if type(map) == v:t_dict
    return extendnew(KEYS, map)->filter((action, key) => has_key(KEYS, action) && !empty(key))
  endif
  return map ? KEYS : {}
enddef

# A function of the user's that tells whether a snippet is being filled in.
export def InSnippet(): bool
  const Tells = get(Own(), 'in_snippet', null)
  return Tells == null ? false : !!call(Tells, [])
enddef

# What the server is sent.
export def Settings(): dict<any>
  final settings = extendnew(get(Own(), 'settings', {}), switched)
  final languages = get(get(Own(), 'settings', {}), 'languages', {})
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
