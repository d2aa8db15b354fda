"""Reads the settings of the user and of a workspace, and applies them to files."""
