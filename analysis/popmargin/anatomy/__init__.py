"""Floor 2: how patients change over the course: rates, steps, early warning, filling, depth."""
