"""popmargin.figures"""
