"""The language server: to come. Its command is here so that the core need not name it."""
