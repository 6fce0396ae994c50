"""Floor 1: reading, checking and writing tables against their contracts in data_schema."""
