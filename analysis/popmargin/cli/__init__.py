"""Floor 8: the popmargin command."""
