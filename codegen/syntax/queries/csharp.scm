[(comment) (shebang_directive)] @comment

[
  (string_literal)
  (verbatim_string_literal)
  (raw_string_literal)
  (interpolated_string_expression)
  (character_literal)
] @string
(interpolation) @code

[(using_directive) (extern_alias_directive)] @import

[(attribute_list) (global_attribute)] @decorator

[(parameter_list) (bracketed_parameter_list)] @parameters
[(argument_list) (attribute_argument_list)] @arguments

(method_declaration name: (identifier) @name body: (_) @body) @function
(constructor_declaration name: (identifier) @name body: (_) @body) @function
(destructor_declaration name: (identifier) @name body: (_) @body) @function
(local_function_statement name: (identifier) @name body: (_) @body) @function
(operator_declaration operator: _ @name body: (_) @body) @function
(conversion_operator_declaration type: (_) @name body: (_) @body) @function
; A property that computes; in one that is only stored no accessor has a body.
(property_declaration
  name: (identifier) @name
  accessors: (accessor_list . (accessor_declaration body: (_))) @body) @function
(property_declaration
  name: (identifier) @name
  value: (arrow_expression_clause) @body) @function
(indexer_declaration
  "this" @name
  accessors: (accessor_list . (accessor_declaration body: (_))) @body) @function
(indexer_declaration "this" @name value: (arrow_expression_clause) @body) @function
(event_declaration
  name: (identifier) @name
  accessors: (accessor_list . (accessor_declaration body: (_))) @body) @function
(local_declaration_statement
  (variable_declaration
    (variable_declarator
      name: (identifier) @name
      [
        (lambda_expression body: (_) @body)
        (anonymous_method_expression (block) @body)
      ]))) @function
(field_declaration
  (variable_declaration
    (variable_declarator
      name: (identifier) @name
      [
        (lambda_expression body: (_) @body)
        (anonymous_method_expression (block) @body)
      ]))) @function

(namespace_declaration name: (_) @name body: (declaration_list) @body) @class
(class_declaration name: (identifier) @name body: (declaration_list) @body) @class
(struct_declaration name: (identifier) @name body: (declaration_list) @body) @class
(record_declaration name: (identifier) @name body: (declaration_list) @body) @class
(interface_declaration name: (identifier) @name body: (declaration_list) @body) @class
(enum_declaration
  name: (identifier) @name
  body: (enum_member_declaration_list) @body) @class

[
  (block)
  (declaration_list)
  (enum_member_declaration_list)
  (accessor_list)
  (switch_body)
] @block
; It has no node for its braces alone.
(switch_expression) @block
