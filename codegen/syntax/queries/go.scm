(comment) @comment

[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @string

(import_declaration) @import

(parameter_list) @parameters
(argument_list) @arguments

(function_declaration name: (identifier) @name body: (block) @body) @function
(method_declaration name: (field_identifier) @name body: (block) @body) @function
(var_declaration
  (var_spec
    . name: (identifier) @name
    value: (expression_list . (func_literal body: (block) @body) .))) @function
(var_spec_list
  (var_spec
    . name: (identifier) @name
    value: (expression_list . (func_literal body: (block) @body) .)) @function)
(short_var_declaration
  left: (expression_list . (identifier) @name .)
  right: (expression_list . (func_literal body: (block) @body) .)) @function

; An interface's braces have no node of their own: its body begins with the word.
((type_declaration
  (type_spec
    name: (type_identifier) @name
    type: [(struct_type (field_declaration_list) @body) (interface_type) @body])) @class
  (#not-match? @class "^type\\s*\\("))
(type_declaration
  "("
  (type_spec
    name: (type_identifier) @name
    type: [(struct_type (field_declaration_list) @body) (interface_type) @body]) @class)

[(block) (field_declaration_list)] @block
; These have no node for their braces alone.
[
  (interface_type)
  (expression_switch_statement)
  (type_switch_statement)
  (select_statement)
] @block

(source_file [(const_declaration) (var_declaration)] @variable)
