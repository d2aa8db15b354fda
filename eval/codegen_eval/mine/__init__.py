"""Problems cut from a tested Python repository of the user's own."""
