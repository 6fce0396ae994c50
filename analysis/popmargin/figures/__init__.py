"""Floor 7: one figure a file, table in, matplotlib Figure out; computes nothing."""
