(comment) @comment

[(string) (quoted_key)] @string

; What is in a table has no node of its own.
(table . [(bare_key) (dotted_key) (quoted_key)] @name) @class
(table_array_element . [(bare_key) (dotted_key) (quoted_key)] @name) @class
