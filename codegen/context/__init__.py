"""Document to what the model sees of it, fitted to a budget. Pure."""
