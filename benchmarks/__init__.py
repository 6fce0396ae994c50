"""Repeatable comparisons with rivals; `python -m benchmarks` runs them."""
