[(line_comment) (block_comment)] @comment

[(string_literal) (character_literal)] @string
(string_interpolation) @code

(import_declaration) @import

[(annotation) (marker_annotation)] @decorator

[(formal_parameters) (inferred_parameters)] @parameters
[(argument_list) (annotation_argument_list)] @arguments

(method_declaration name: (identifier) @name body: (block) @body) @function
(constructor_declaration name: (identifier) @name body: (constructor_body) @body) @function
(compact_constructor_declaration name: (identifier) @name body: (block) @body) @function
(local_variable_declaration
  declarator: (variable_declarator
    name: (identifier) @name
    value: (lambda_expression body: (_) @body))) @function
(field_declaration
  declarator: (variable_declarator
    name: (identifier) @name
    value: (lambda_expression body: (_) @body))) @function

(class_declaration name: (identifier) @name body: (class_body) @body) @class
(record_declaration name: (identifier) @name body: (class_body) @body) @class
(interface_declaration name: (identifier) @name body: (interface_body) @body) @class
(enum_declaration name: (identifier) @name body: (enum_body) @body) @class
(annotation_type_declaration
  name: (identifier) @name
  body: (annotation_type_body) @body) @class
(module_declaration name: (_) @name body: (module_body) @body) @class

[
  (block)
  (constructor_body)
  (class_body)
  (interface_body)
  (enum_body)
  (annotation_type_body)
  (module_body)
  (switch_block)
] @block
