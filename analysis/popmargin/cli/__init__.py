"""popmargin.cli"""
