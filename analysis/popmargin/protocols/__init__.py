"""Floor 4: correction protocols, one a file, and their replay on logged errors."""
