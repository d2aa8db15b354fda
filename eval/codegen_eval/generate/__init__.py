"""From a problem to samples: prompts, batches, and a journal that survives being killed."""
