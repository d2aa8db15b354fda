"""Checks whether codegen works on this machine, and says what to do about problems."""
