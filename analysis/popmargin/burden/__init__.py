"""Floor 5: what imaging costs in minutes, money and dose, and what margin it buys."""
