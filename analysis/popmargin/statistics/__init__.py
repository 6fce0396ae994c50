"""Floor 1: variance components and their intervals; knows no radiotherapy word."""
