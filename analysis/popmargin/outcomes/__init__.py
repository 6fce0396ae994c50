"""Floor 5: tumour control and complication models, and the parameter sets they may use."""
