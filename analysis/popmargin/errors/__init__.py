"""popmargin.errors"""
