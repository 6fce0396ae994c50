"""How many small faults in formulae and estimators the tests notice.

Each mutant is the module with one operator, comparison or number changed; it is killed when a test
of its own set fails (or runs too long); examples in docstrings do not count. A mutant is run in a
fork of a process that has loaded the heavy packages; compiled kernels are interpreted. Of each
group of modules so many mutants are drawn with a fixed seed, every mutant as likely as another.
Survivors are printed: docs/validation.md says what those of the last run change.

    .venv/bin/python benchmarks/mutation_score.py [--sample 150] [--only GROUP] [--module NAME]
"""

import argparse
import ast
import importlib.abc
import importlib.util
import os
import random
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from _mutation_targets import LEFT_OUT, LIBRARY, TARGETS

ROOT = LIBRARY.parents[1]
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
LONGEST_CPU_S = 120


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


def places(tree: ast.Module) -> list[int]:
    """Which nodes, counted as `ast.walk` goes, can be changed."""
    return [number for number, node in enumerate(ast.walk(tree)) if _mutate(node)]


def mutant(name: str, place: int) -> tuple[int, str, ast.Module]:
    """Line, change and tree of one mutant of a module."""
    tree = ast.parse((LIBRARY / f"{name}.py").read_text("utf-8"))
    node = next(node for number, node in enumerate(ast.walk(tree)) if number == place)
    said = _mutate(node)
    return getattr(node, "lineno", 0), said, ast.fix_missing_locations(tree)


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
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S))
        module = "popmargin." + name.replace("/", ".")
        sys.meta_path.insert(0, Replaced(module, tree, LIBRARY / f"{name}.py"))
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
        # Preloading the test tools is what makes a fork fast.
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        os._exit(int(pytest.main([*options, "-k", LEFT_OUT, *tests])) != 0)
    return os.waitpid(child, 0)[1] != 0


def drawn(group: str, most: int, only: str) -> list[tuple[str, int, str, ast.Module]]:
    """Module, line, change and tree of the mutants of a group, drawn by a fixed seed."""
    found = []
    for name in TARGETS[group]:
        if only in name:
            tree = ast.parse((LIBRARY / f"{name}.py").read_text("utf-8"))
            found += [(name, place) for place in places(tree)]
    chosen = sorted(random.Random(group).sample(found, min(most, len(found))))
    return [(name, *mutant(name, place)) for name, place in chosen]


def main() -> None:
    """Print the table and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=150, help="mutants a group")
    parser.add_argument("--only", default="", help="one group")
    parser.add_argument("--module", default="", help="modules whose name holds this word")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT / "analysis"), str(ROOT)]
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import polars  # noqa: F401
    import pytest  # noqa: F401
    import scipy.optimize
    import scipy.stats  # noqa: F401

    survivors = []
    print("| group | modules | mutants drawn | noticed | % |\n|---|---|---|---|---|")
    for group, tests in TARGETS.items():
        if options.only not in group:
            continue
        found = drawn(group, options.sample, options.module)
        for name in sorted({name for name, *_ in found}):
            tree = ast.parse((LIBRARY / f"{name}.py").read_text("utf-8"))
            if killed(name, tree, tests[name]):
                sys.exit(f"{name}: its tests fail as it is")
        alive = [one for one in found if not killed(one[0], one[3], tests[one[0]])]
        survivors += alive
        dead = len(found) - len(alive)
        share = f"{100 * dead / len(found):.1f}" if found else "-"
        modules = len({name for name, *_ in found})
        print(f"| {group} | {modules} | {len(found)} | {dead} | {share} |", flush=True)
    print("\nSurvivors:\n")
    for name, line, said, _ in survivors:
        print(f"- {name}, line {line}: `{said}`")


if __name__ == "__main__":
    main()
