"""The model that runs on this machine: prompts in tokens, computed by codegen.engine."""
