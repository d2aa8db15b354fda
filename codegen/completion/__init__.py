"""One completion: from a document with a cursor to suggestions."""
