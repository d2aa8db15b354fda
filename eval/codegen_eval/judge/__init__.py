"""From a completion to a verdict: the box computes, the judge compares."""
