"""popmargin.margins"""
