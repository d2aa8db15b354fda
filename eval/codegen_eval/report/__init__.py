"""Reports of runs: one self-contained HTML file, and CSV."""
