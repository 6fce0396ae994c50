"""Floor 2: synthetic cohorts with a known truth, moment-matched to published figures."""
