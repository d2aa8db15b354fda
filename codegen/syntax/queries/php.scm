(comment) @comment

[
  (string)
  (encapsed_string)
  (heredoc)
  (nowdoc)
  (shell_command_expression)
] @string
; The braces around it have no node: `{$user->name}` is captured without them.
(encapsed_string
  [
    (variable_name)
    (dynamic_variable_name)
    (member_access_expression)
    (nullsafe_member_access_expression)
    (scoped_property_access_expression)
    (subscript_expression)
    (member_call_expression)
    (nullsafe_member_call_expression)
    (scoped_call_expression)
    (function_call_expression)
  ] @code)
(heredoc_body
  [
    (variable_name)
    (dynamic_variable_name)
    (member_access_expression)
    (nullsafe_member_access_expression)
    (scoped_property_access_expression)
    (subscript_expression)
    (member_call_expression)
    (nullsafe_member_call_expression)
    (scoped_call_expression)
    (function_call_expression)
  ] @code)
(shell_command_expression
  [
    (variable_name)
    (dynamic_variable_name)
    (member_access_expression)
    (nullsafe_member_access_expression)
    (scoped_property_access_expression)
    (subscript_expression)
    (member_call_expression)
    (nullsafe_member_call_expression)
    (scoped_call_expression)
    (function_call_expression)
  ] @code)

(namespace_use_declaration) @import
(expression_statement
  [
    (include_expression)
    (include_once_expression)
    (require_expression)
    (require_once_expression)
  ]) @import

(attribute_list) @decorator

(formal_parameters) @parameters
(arguments) @arguments

(function_definition name: (name) @name body: (compound_statement) @body) @function
(method_declaration name: (name) @name body: (compound_statement) @body) @function
(assignment_expression
  left: (variable_name) @name
  right: [
    (anonymous_function body: (_) @body)
    (arrow_function body: (_) @body)
  ]) @function

(namespace_definition name: (_)? @name body: (compound_statement) @body) @class
(class_declaration name: (name) @name body: (declaration_list) @body) @class
(interface_declaration name: (name) @name body: (declaration_list) @body) @class
(trait_declaration name: (name) @name body: (declaration_list) @body) @class
(enum_declaration name: (name) @name body: (enum_declaration_list) @body) @class

[
  (compound_statement)
  (colon_block)
  (declaration_list)
  (enum_declaration_list)
  (match_block)
  (property_hook_list)
  (switch_block)
] @block

(program [(const_declaration) (expression_statement (assignment_expression))] @variable)
