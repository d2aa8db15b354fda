"""From samples to verdicts: many completions at once, kept in a file that can be gone on with."""
