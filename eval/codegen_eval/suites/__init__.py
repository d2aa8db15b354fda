"""Problems with tests, the suites that hold them, and the verdicts on their completions."""
