(comment) @comment

[(string_literal) (raw_string_literal) (char_literal) (system_lib_string)] @string

[(preproc_include) (using_declaration)] @import

[(attribute_declaration) (attribute_specifier) (ms_declspec_modifier)] @decorator

; By what they belong to: a catch clause has such a list too.
(function_declarator parameters: (parameter_list) @parameters)
(abstract_function_declarator parameters: (parameter_list) @parameters)
(requires_expression parameters: (parameter_list) @parameters)
(preproc_params) @parameters
(argument_list) @arguments

; A name lies in qualifiers, and they in declarators of pointers and references.
(function_definition
  declarator: (function_declarator
    declarator: [
      (identifier) @name
      (field_identifier) @name
      (destructor_name) @name
      (operator_name) @name
      (template_function name: (identifier) @name)
      (qualified_identifier
        name: [
          (identifier) @name
          (field_identifier) @name
          (destructor_name) @name
          (operator_name) @name
          (template_function name: (identifier) @name)
          (qualified_identifier
            name: [
              (identifier) @name
              (field_identifier) @name
              (destructor_name) @name
              (operator_name) @name
              (template_function name: (identifier) @name)
              (qualified_identifier
                name: [
                  (identifier) @name
                  (field_identifier) @name
                  (destructor_name) @name
                  (operator_name) @name
                  (template_function name: (identifier) @name)
                ])
            ])
        ])
    ])
  body: (_) @body) @function
(function_definition
  declarator: (_
    (function_declarator
      declarator: [
        (identifier) @name
        (field_identifier) @name
        (destructor_name) @name
        (operator_name) @name
        (template_function name: (identifier) @name)
        (qualified_identifier
          name: [
            (identifier) @name
            (field_identifier) @name
            (destructor_name) @name
            (operator_name) @name
            (template_function name: (identifier) @name)
            (qualified_identifier
              name: [
                (identifier) @name
                (field_identifier) @name
                (destructor_name) @name
                (operator_name) @name
                (template_function name: (identifier) @name)
                (qualified_identifier
                  name: [
                    (identifier) @name
                    (field_identifier) @name
                    (destructor_name) @name
                    (operator_name) @name
                    (template_function name: (identifier) @name)
                  ])
              ])
          ])
      ]))
  body: (_) @body) @function
(function_definition
  declarator: (_
    (_
      (function_declarator
        declarator: [
          (identifier) @name
          (field_identifier) @name
          (destructor_name) @name
          (operator_name) @name
          (template_function name: (identifier) @name)
          (qualified_identifier
            name: [
              (identifier) @name
              (field_identifier) @name
              (destructor_name) @name
              (operator_name) @name
              (template_function name: (identifier) @name)
              (qualified_identifier
                name: [
                  (identifier) @name
                  (field_identifier) @name
                  (destructor_name) @name
                  (operator_name) @name
                  (template_function name: (identifier) @name)
                  (qualified_identifier
                    name: [
                      (identifier) @name
                      (field_identifier) @name
                      (destructor_name) @name
                      (operator_name) @name
                      (template_function name: (identifier) @name)
                    ])
                ])
            ])
        ])))
  body: (_) @body) @function
; The name of a conversion is all of `operator T() const`.
(function_definition
  declarator: [
    (operator_cast) @name
    (qualified_identifier name: (operator_cast) @name)
    (qualified_identifier name: (qualified_identifier name: (operator_cast) @name))
  ]
  body: (_) @body) @function
(declaration
  declarator: (init_declarator
    declarator: (identifier) @name
    value: (lambda_expression body: (compound_statement) @body))) @function

(class_specifier
  name: [
    (type_identifier) @name
    (template_type name: (type_identifier) @name)
    (qualified_identifier name: (type_identifier) @name)
    (qualified_identifier name: (template_type name: (type_identifier) @name))
    (qualified_identifier name: (qualified_identifier name: (type_identifier) @name))
  ]
  body: (field_declaration_list) @body) @class
(struct_specifier
  name: [
    (type_identifier) @name
    (template_type name: (type_identifier) @name)
    (qualified_identifier name: (type_identifier) @name)
    (qualified_identifier name: (template_type name: (type_identifier) @name))
    (qualified_identifier name: (qualified_identifier name: (type_identifier) @name))
  ]
  body: (field_declaration_list) @body) @class
(union_specifier
  name: [
    (type_identifier) @name
    (template_type name: (type_identifier) @name)
    (qualified_identifier name: (type_identifier) @name)
    (qualified_identifier name: (template_type name: (type_identifier) @name))
    (qualified_identifier name: (qualified_identifier name: (type_identifier) @name))
  ]
  body: (field_declaration_list) @body) @class
(enum_specifier
  name: [
    (type_identifier) @name
    (template_type name: (type_identifier) @name)
    (qualified_identifier name: (type_identifier) @name)
    (qualified_identifier name: (template_type name: (type_identifier) @name))
    (qualified_identifier name: (qualified_identifier name: (type_identifier) @name))
  ]
  body: (enumerator_list) @body) @class
; What has no name of its own has the type's.
(type_definition
  type: [
    (struct_specifier !name body: (field_declaration_list) @body)
    (union_specifier !name body: (field_declaration_list) @body)
    (enum_specifier !name body: (enumerator_list) @body)
  ]
  declarator: (type_identifier) @name) @class
(namespace_definition name: (_)? @name body: (declaration_list) @body) @class

[
  (compound_statement)
  (field_declaration_list)
  (enumerator_list)
  (declaration_list)
  (requirement_seq)
] @block

(translation_unit [(declaration) (preproc_def) (type_definition) (alias_declaration)] @variable)
