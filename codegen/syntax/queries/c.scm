(comment) @comment

[(string_literal) (char_literal) (system_lib_string)] @string

(preproc_include) @import

[(attribute_declaration) (attribute_specifier) (ms_declspec_modifier)] @decorator

[(parameter_list) (preproc_params)] @parameters
(argument_list) @arguments

; A declarator nests: `f(..)`, `*f(..)`, `**f(..)`, `(f)(..)`, and `(*f(..))(..)`.
(function_definition
  declarator: [
    (function_declarator declarator: (identifier) @name)
    (function_declarator declarator: (parenthesized_declarator (identifier) @name))
    (function_declarator
      declarator: (parenthesized_declarator
        (pointer_declarator
          declarator: (function_declarator declarator: (identifier) @name))))
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator
        declarator: (function_declarator declarator: (identifier) @name)))
    (pointer_declarator
      declarator: (pointer_declarator
        declarator: (pointer_declarator
          declarator: (function_declarator declarator: (identifier) @name))))
  ]
  body: (compound_statement) @body) @function

(struct_specifier name: (type_identifier) @name body: (field_declaration_list) @body) @class
(union_specifier name: (type_identifier) @name body: (field_declaration_list) @body) @class
(enum_specifier name: (type_identifier) @name body: (enumerator_list) @body) @class
; What has no name of its own has the type's.
(type_definition
  type: [
    (struct_specifier !name body: (field_declaration_list) @body)
    (union_specifier !name body: (field_declaration_list) @body)
    (enum_specifier !name body: (enumerator_list) @body)
  ]
  declarator: (type_identifier) @name) @class

[
  (compound_statement)
  (field_declaration_list)
  (enumerator_list)
  (declaration_list)
] @block

(translation_unit [(declaration) (preproc_def) (type_definition)] @variable)
