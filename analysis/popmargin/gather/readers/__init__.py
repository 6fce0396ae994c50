"""Readers of vendors' files, one a file: how a kind is known, who reads it, what it needs."""
