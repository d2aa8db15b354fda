(comment) @comment

[
  (string)
  (heredoc_body)
  (character)
  (delimited_symbol)
  (regex)
  (string_array)
  (subshell)
  (symbol_array)
] @string
(interpolation) @code

((call !receiver method: (identifier) @name arguments: (_)) @import
  (#any-of? @name "autoload" "load" "require" "require_relative"))

[(method_parameters) (block_parameters) (lambda_parameters)] @parameters
; Without parentheses the arguments may be all that follows: `private def f ... end`.
(argument_list "(") @arguments

; An empty definition has no body.
(method name: (_) @name body: (_)? @body) @function
(singleton_method name: (_) @name body: (_)? @body) @function
(assignment left: (identifier) @name right: (lambda body: (_) @body)) @function

(class name: (_) @name body: (_)? @body) @class
(module name: (_) @name body: (_)? @body) @class
(singleton_class value: (_) @name body: (_)? @body) @class

[
  (block)
  (do_block)
  (begin)
  (begin_block)
  (end_block)
  (then)
  (else)
  (ensure)
  (do)
] @block
(method body: (body_statement) @block)
(singleton_method body: (body_statement) @block)
(class body: (body_statement) @block)
(module body: (body_statement) @block)
(singleton_class body: (body_statement) @block)

(program (assignment left: [(constant) (identifier)]) @variable)
