"""Context and budget to tokens: families, tokenizer, healing, the finished prompt. Pure."""
