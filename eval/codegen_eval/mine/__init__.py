"""Makes a suite of problems from a tested Python repository."""
