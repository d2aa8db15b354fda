"""What tree-sitter says about a document: its tree, and what the language's query names in it."""
