"""What the model wrote to what is suggested, or to the reason why nothing is. Pure."""
