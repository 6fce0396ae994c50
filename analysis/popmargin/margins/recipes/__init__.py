"""Published margin recipes, one a file, which enters itself in `popmargin.margins.registry`."""
