"""Floor 9: the popmargin command."""
