"""Floor 4: quality flags, one file a silent fault, and what each fault does to the margin."""
