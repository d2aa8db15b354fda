[(comment) (marginalia)] @comment

; Numbers, TRUE and NULL are literals too.
((literal) @string
  (#match? @string "['\"$]$"))

(function_arguments) @parameters

(create_function
  (object_reference name: (identifier) @name)
  . (function_arguments)
  (function_body) @body) @function
(create_procedure
  (object_reference name: (identifier) @name)
  . (function_arguments)
  (procedure_body) @body) @function

(create_table
  (object_reference name: (identifier) @name)
  . (column_definitions) @body) @class
(create_table
  (object_reference name: (identifier) @name)
  . (keyword_as)
  . (create_query) @body) @class
(create_type
  (object_reference name: (identifier) @name)
  [(column_definitions) (enum_elements)] @body) @class
(create_view
  (object_reference name: (identifier) @name)
  (create_query) @body) @class

(block) @block
