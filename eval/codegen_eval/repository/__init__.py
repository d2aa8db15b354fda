"""Judging a completion by its repository's own tests, which pytest runs in a sandbox."""
