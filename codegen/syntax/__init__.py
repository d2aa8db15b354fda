"""The syntax of a document: its tree, its languages, and a scanner that needs no tree."""
