" Code completion by codegen's language server, as ghost text.
"
" In the old script language, and with nothing but guards: an older Vim must be able to read it and
" say what is missing. Everything else is in autoload/, and read when it is first needed.

if exists('g:loaded_codegen') || &compatible
  finish
endif
let g:loaded_codegen = 1

function! s:Missing() abort
  " Virtual text and the channel mode `lsp` are older, but this is the oldest one that is tested.
  if has('nvim') || !has('patch-9.0.1378')
    return 'Vim 9.0.1378 or newer'
  endif
  for feature in ['vim9script', 'job', 'channel', 'textprop', 'popupwin', 'timers']
    if !has(feature)
      return 'a Vim with +' . feature
    endif
  endfor
  return &encoding ==# 'utf-8' ? '' : "'encoding' to be utf-8"
endfunction

let s:missing = s:Missing()
if !empty(s:missing)
  echohl WarningMsg
  echomsg 'codegen needs ' . s:missing . '; it is switched off.'
  echohl None
  finish
endif

command! -nargs=+ -complete=custom,codegen#commands#Complete Codegen call codegen#commands#Run(<q-args>)

call codegen#config#Read()

augroup codegen_start
  autocmd!
  if v:vim_did_enter
    call codegen#events#Begin()
  else
    " Scripts that come later may have settings, too.
    autocmd SourcePost * call codegen#config#Read()
    " Waits until all plugins are loaded, so that what they have mapped is seen.
    autocmd VimEnter * ++once call codegen#events#Begin() | autocmd! codegen_start
  endif
augroup END
