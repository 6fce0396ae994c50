"""popmargin.cohorts"""
