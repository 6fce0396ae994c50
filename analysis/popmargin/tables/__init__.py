"""popmargin.tables"""
