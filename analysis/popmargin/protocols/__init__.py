"""popmargin.protocols"""
