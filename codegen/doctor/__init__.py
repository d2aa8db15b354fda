"""Whether everything works here: small checks, each with what to do where it doesn't."""
