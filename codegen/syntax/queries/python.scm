(comment) @comment

(expression_statement (string) @docstring)
(string) @string
(interpolation) @code

(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import

(decorator) @decorator
(parameters) @parameters
(lambda_parameters) @parameters
(argument_list) @arguments

(function_definition name: (identifier) @name body: (block) @body) @function
(class_definition name: (identifier) @name body: (block) @body) @class

(module (expression_statement (assignment left: (identifier) @name)) @variable)

(block) @block
