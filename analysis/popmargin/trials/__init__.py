"""Floor 6: sample size and precision planning."""
