"""Published margin recipes, one a file; their registry is `popmargin.margins.registry`."""
