"""``popmargin recipes``: the registry of margin recipes."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.margins.registry import describe_recipes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command: none."""


def run(options: argparse.Namespace) -> Answer:
    """List every recipe with formula, source, status and conditions."""
    del options
    rows = describe_recipes()
    notes = [f"{row['name']}: {row['source']}\n    valid for: {row['conditions']}" for row in rows]
    return Answer("recipes", rows, columns=("name", "formula", "status", "options"), notes=notes)
