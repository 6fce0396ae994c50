"""popmargin.statistics"""
