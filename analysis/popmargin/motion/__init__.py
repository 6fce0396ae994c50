"""Floor 2: what moves during a fraction: breathing, drift, random walk, and gates on it."""
