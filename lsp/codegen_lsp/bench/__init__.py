"""`codegen bench typing` and `codegen bench server`: the language server, seen by an editor."""
