"""Floor 8: config, provenance, code fingerprint, script border."""
