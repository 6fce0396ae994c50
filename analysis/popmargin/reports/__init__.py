"""popmargin.reports"""
