"""Floor 0: axes, units, exceptions, flags, random streams, atomic writing, shipped resources."""
