"""From a document to the text that the model sees, fitted to a budget of tokens. Pure: no I/O."""
