"""popmargin.pipeline"""
