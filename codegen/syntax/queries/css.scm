[(comment) (js_comment)] @comment

(string_value) @string

(import_statement) @import

(call_expression (arguments) @arguments)

(rule_set (selectors) @name (block) @body) @class

[(block) (keyframe_block_list)] @block
