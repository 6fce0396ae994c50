"""Correction protocols, one a file: a rule and the `ProtocolKind` by which it is known."""
