[(comment) (html_comment) (hash_bang_line)] @comment

[(string) (template_string)] @string
; Its brackets and quotes aren't code either.
(regex) @string
(template_substitution) @code

(import_statement) @import
((lexical_declaration
  . (variable_declarator value: (call_expression function: (identifier) @name)) .) @import
  (#eq? @name "require"))
((variable_declaration
  . (variable_declarator value: (call_expression function: (identifier) @name)) .) @import
  (#eq? @name "require"))

(decorator) @decorator

(formal_parameters) @parameters
(arguments) @arguments

(function_declaration name: (identifier) @name body: (statement_block) @body) @function
(generator_function_declaration name: (identifier) @name body: (statement_block) @body) @function
(method_definition name: (_) @name body: (statement_block) @body) @function

(lexical_declaration
  . (variable_declarator
      name: (identifier) @name
      value: [
        (arrow_function body: (_) @body)
        (function_expression body: (_) @body)
        (generator_function body: (_) @body)
      ]) .) @function
(variable_declaration
  . (variable_declarator
      name: (identifier) @name
      value: [
        (arrow_function body: (_) @body)
        (function_expression body: (_) @body)
        (generator_function body: (_) @body)
      ]) .) @function
; One of several in a declaration: the first, or a later one.
(_
  . (variable_declarator
      name: (identifier) @name
      value: [
        (arrow_function body: (_) @body)
        (function_expression body: (_) @body)
        (generator_function body: (_) @body)
      ]) @function
  . (variable_declarator))
(_
  (variable_declarator)
  . (variable_declarator
      name: (identifier) @name
      value: [
        (arrow_function body: (_) @body)
        (function_expression body: (_) @body)
        (generator_function body: (_) @body)
      ]) @function)
(assignment_expression
  left: [(identifier) @name (member_expression property: (_) @name)]
  right: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @function
(pair
  key: (_) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @function
(field_definition
  property: (_) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @function
(export_statement
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @function

(class_declaration name: (identifier) @name body: (class_body) @body) @class
(lexical_declaration
  . (variable_declarator name: (identifier) @name value: (class body: (class_body) @body)) .) @class
(export_statement value: (class body: (class_body) @body)) @class

[(statement_block) (class_body) (switch_body)] @block

(program [(lexical_declaration) (variable_declaration)] @variable)
(program
  (export_statement declaration: [(lexical_declaration) (variable_declaration)] @variable))
