"""The evaluation suite: what a completion is worth, measured."""
