"""Floor 5: when to plan again: triggers and schedules replayed on logs, learned predictors."""
