"""What the benchmarks name exists: a module or test that moved must not silence them."""

from pathlib import Path

from benchmarks._mutation_targets import LIBRARY, TARGETS

ROOT = Path(__file__).resolve().parents[2]


def test_every_module_to_be_changed_and_its_tests_are_there():
    named = {module: tests for group in TARGETS.values() for module, tests in group.items()}
    assert len(named) > 50
    assert [module for module in named if not (LIBRARY / f"{module}.py").is_file()] == []
    wanted = {test for tests in named.values() for test in tests}
    assert sorted(test for test in wanted if not (ROOT / test).is_file()) == []
