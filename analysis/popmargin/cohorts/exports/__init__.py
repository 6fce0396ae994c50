"""Exports of synthetic cohorts in the layouts of vendors, for the example study and the tests."""
