"""How many small faults in formulae and estimators the tests notice.

Each mutant is the module with one operator, comparison or number changed; it is killed when a test
of its own set fails (or runs too long). A mutant is run in a fork of a process that has loaded the
heavy packages, so that a thousand take minutes. Mutants are drawn with a fixed seed, so many a
module; survivors are printed: some change nothing (a bound that cannot be met, a tolerance).

    .venv/bin/python benchmarks/mutation_score.py [--each 25] [--seconds 900] [--only NAME]
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "analysis" / "popmargin"
RECIPES = [
    "tests/unit/margins/test_recipe.py",
    "tests/unit/margins/test_recipe_values.py",
    "tests/reference/test_margins_formulae.py",
    "tests/reference/test_margins_published_cases.py",
]
COMPONENTS = [
    "tests/unit/statistics/test_components.py",
    "tests/unit/statistics/test_one_way.py",
    "tests/unit/statistics/test_pooled_tables.py",
    "tests/reference/test_estimators_formulae.py",
]
INTERVALS = [
    "tests/unit/statistics/test_intervals.py",
    "tests/unit/statistics/test_generalised_interval.py",
    "tests/reference/test_estimators_formulae.py",
]
CONVERSIONS = ["tests/unit/gather/test_rigid.py", "tests/unit/gather/test_conventions.py"]
PROTOCOLS = [
    "tests/reference/test_protocols_formulae.py",
    "tests/unit/protocols/test_apply.py",
    "tests/unit/protocols/test_replay.py",
]
TARGETS = {
    **{
        f"margins/recipes/{path.stem}": RECIPES
        for path in sorted(LIBRARY.glob("margins/recipes/[!_]*.py"))
    },
    "margins/alpha_beta": ["tests/reference/test_margins_alpha_beta.py", *RECIPES],
    "margins/effective_errors": RECIPES,
    "statistics/anova": COMPONENTS,
    "statistics/conventional": COMPONENTS,
    "statistics/reml": COMPONENTS,
    "statistics/group_totals": COMPONENTS,
    "statistics/size_table": COMPONENTS,
    "statistics/likelihood_profile": [
        "tests/unit/statistics/test_likelihood_profile.py",
        *COMPONENTS,
    ],
    "statistics/mean_interval": INTERVALS,
    "statistics/generalised_interval": INTERVALS,
    "statistics/within_interval": INTERVALS,
    "gather/rigid": CONVERSIONS,
    "gather/conventions": CONVERSIONS,
    "protocols/nal": PROTOCOLS,
    "protocols/enal": PROTOCOLS,
    "protocols/sal": PROTOCOLS,
    "protocols/closed_forms": PROTOCOLS,
}  # fmt: skip
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
LONGEST_S = 60


class Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from a changed tree."""

    def __init__(self, name: str, tree: ast.Module, path: Path) -> None:
        self.name, self.tree, self.path = name, tree, path

    def find_spec(self, name, _path=None, _target=None):
        """The changed module's spec; others are found elsewhere."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def create_module(self, spec):
        """A module as usual."""

    def exec_module(self, module):
        """Run the changed tree."""
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, change and tree of every mutant."""
    count = sum(1 for _ in ast.walk(tree))
    for place in range(count):
        changed = copy.deepcopy(tree)
        node = next(n for number, n in enumerate(ast.walk(changed)) if number == place)
        said = _mutate(node)
        if said:
            yield getattr(node, "lineno", 0), said, ast.fix_missing_locations(changed)


def _mutate(node: ast.AST) -> str:
    """Change a node in place and say how; empty where there is nothing to change."""
    before = ast.unparse(node) if isinstance(node, ast.expr) else ""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        if isinstance(node.op, ast.Add) and _text(node):
            return ""
        node.op = SWAPS[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        node.ops[0] = SWAPS[type(node.ops[0])]()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        node.value = node.value + 1 if isinstance(node.value, int) else node.value * 1.1 + 0.01
    else:
        return ""
    return f"{before} -> {ast.unparse(node)}"[:110]


def _text(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Constant | ast.JoinedStr) and not isinstance(
        getattr(n, "value", 0), int | float) for n in ast.walk(node))  # fmt: skip


def killed(name: str, tree: ast.Module, tests: Sequence[str]) -> bool:
    """Whether the tests notice; run in a fork of its own."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        signal.alarm(LONGEST_S)
        module = "popmargin." + name.replace("/", ".")
        sys.meta_path.insert(0, Replaced(module, tree, LIBRARY / f"{name}.py"))
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
        # Preloading the test tools is what makes a fork fast.
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        os._exit(int(pytest.main([*options, *tests])) != 0)
    return os.waitpid(child, 0)[1] != 0


def main() -> None:
    """Print the table and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=25, help="mutants a module")
    parser.add_argument("--seconds", type=float, default=900.0, help="stop after so long")
    parser.add_argument("--only", default="", help="modules whose name holds this word")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT / "analysis"), str(ROOT)]
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.optimize
    import scipy.stats  # noqa: F401

    start, survivors, sums = time.monotonic(), [], [0, 0]
    print(f"At most {options.each} mutants a module, drawn by a fixed seed.\n")
    print("| module | mutants | killed | % |\n|---|---|---|---|")
    for name, tests in TARGETS.items():
        if options.only not in name or time.monotonic() - start > options.seconds:
            continue
        tree = ast.parse((LIBRARY / f"{name}.py").read_text("utf-8"))
        if killed(name, tree, tests):
            print(f"| {name} | - | its tests fail as it is | |")
            continue
        every = list(mutants(tree))
        chosen = random.Random(name).sample(every, min(options.each, len(every)))
        found = [(line, said) for line, said, changed in chosen if not killed(name, changed, tests)]
        survivors += [(name, line, said) for line, said in sorted(found)]
        dead = len(chosen) - len(found)
        sums[0] += len(chosen)
        sums[1] += dead
        share = f"{100 * dead / len(chosen):.0f}" if chosen else "-"
        print(f"| {name} | {len(chosen)} of {len(every)} | {dead} | {share} |", flush=True)
    if sums[0]:
        print(f"| all | {sums[0]} | {sums[1]} | {100 * sums[1] / sums[0]:.1f} |")
    print("\nSurvivors:\n")
    for name, line, said in survivors:
        print(f"- {name}, line {line}: `{said}`")


if __name__ == "__main__":
    main()
