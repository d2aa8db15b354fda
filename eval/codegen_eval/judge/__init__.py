"""From a completion to a verdict: a box runs the program, and the judge compares its results."""
