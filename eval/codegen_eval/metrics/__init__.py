"""The figures of a run: how often it is right, how near it comes, how it fails, how fast it is."""
