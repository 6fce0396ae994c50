"""Floor 2: population errors, per-patient summaries, time trends, comparison of groups."""
