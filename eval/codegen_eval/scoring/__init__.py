"""From samples to verdicts: judges many completions at once, and resumes after an interruption."""
