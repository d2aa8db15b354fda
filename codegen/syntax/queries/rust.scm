[(line_comment) (block_comment) (shebang)] @comment

[(string_literal) (raw_string_literal) (char_literal)] @string

[(use_declaration) (extern_crate_declaration)] @import

[(attribute_item) (inner_attribute_item)] @decorator

[(parameters) (closure_parameters)] @parameters
(arguments) @arguments
(macro_invocation (token_tree) @arguments)

(function_item name: (_) @name body: (block) @body) @function
(let_declaration
  pattern: (identifier) @name
  value: (closure_expression body: (_) @body)) @function
; What a macro's definition consists of are rules, in braces without a node.
(macro_definition name: (identifier) @name) @function

(struct_item name: (type_identifier) @name body: (field_declaration_list) @body) @class
(union_item name: (type_identifier) @name body: (field_declaration_list) @body) @class
(enum_item name: (type_identifier) @name body: (enum_variant_list) @body) @class
(trait_item name: (type_identifier) @name body: (declaration_list) @body) @class
(mod_item name: (identifier) @name body: (declaration_list) @body) @class
(impl_item
  type: [
    (type_identifier) @name
    (scoped_type_identifier name: (type_identifier) @name)
    (generic_type type: (type_identifier) @name)
    (generic_type type: (scoped_type_identifier name: (type_identifier) @name))
    (primitive_type) @name
    (reference_type) @name
    (pointer_type) @name
    (array_type) @name
    (tuple_type) @name
    (unit_type) @name
    (function_type) @name
    (dynamic_type) @name
    (metavariable) @name
  ]
  body: (declaration_list) @body) @class

[
  (block)
  (declaration_list)
  (field_declaration_list)
  (enum_variant_list)
  (match_block)
] @block

(source_file [(const_item) (static_item) (type_item)] @variable)
