"""From a problem to samples: prompts, batches, and a journal to resume from."""
