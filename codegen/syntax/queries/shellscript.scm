(comment) @comment

[(string) (raw_string) (ansi_c_string) (translated_string)] @string
; Without its delimiters: between them the rest of the command's line may stand.
(heredoc_body) @string
(string
  [
    (simple_expansion)
    (expansion)
    (command_substitution)
    (arithmetic_expansion)
  ] @code)
(heredoc_body
  [
    (simple_expansion)
    (expansion)
    (command_substitution)
    (arithmetic_expansion)
  ] @code)

((command name: (command_name (word) @name)) @import
  (#any-of? @name "." "source"))

(function_definition name: (word) @name body: (_) @body) @function

; `(( .. ))` is such a node too.
(compound_statement "{") @block
[(subshell) (do_group) (if_statement) (case_statement)] @block

(program [(variable_assignment) (declaration_command)] @variable)
