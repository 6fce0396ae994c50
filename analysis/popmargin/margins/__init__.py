"""Floor 3: margin recipes, one a file, and their registry; what a margin really covers."""
