"""The user's settings, the editor's, and a workspace's: read, merged and applied to files."""
