(fenced_code_block (info_string (language) @name) (code_fence_content) @body) @fence
