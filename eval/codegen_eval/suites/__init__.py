"""Problems with tests: where they come from, and how they are written down."""
