"""The model that runs on this machine: prompts of tokens, for an engine that computes tokens."""
