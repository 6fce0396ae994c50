"""popmargin.trials"""
