"""Attacks on the sandbox and the judge, which every user can run."""
