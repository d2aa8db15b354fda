"""From the context to the tokens of a prompt: families, tokenizer, healing. Pure: no I/O."""
