"""The house rules: floors, files that fit in the head, everything public typed and documented."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "analysis" / "popmargin"
MODULES = sorted(LIBRARY.rglob("*.py"))
LONGEST = 350


def _lines(path):
    return len(path.read_text("utf-8").splitlines())


def _name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", ["analysis", "workflow", "tests", "benchmarks"])
def test_no_file_is_longer_than_fits_in_the_head(folder):
    files = [p for suffix in ("py", "smk") for p in (ROOT / folder).rglob(f"*.{suffix}")]
    assert files
    assert {_name(p): _lines(p) for p in files if _lines(p) > LONGEST} == {}


def test_scripts_and_snakefile_are_thin():
    scripts = list((ROOT / "workflow" / "scripts").glob("*.py"))
    assert scripts
    assert {_name(p): _lines(p) for p in scripts if _lines(p) > 60} == {}
    assert _lines(ROOT / "Snakefile") < 80


def _public(tree):
    """Public functions, classes and methods of a module."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    part
                    for part in node.body
                    if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
                )


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_everything_public_is_typed_and_documented(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module says nothing of itself"
    for node in _public(tree):
        assert ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            untyped = [a.arg for a in arguments if a.annotation is None]
            assert set(untyped) <= {"self", "cls"}, f"{node.name}: {untyped}"
            assert node.returns is not None, f"{node.name} has no return type"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_the_library_neither_asserts_nor_prints(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}"
        called = node.func if isinstance(node, ast.Call) else None
        assert not (isinstance(called, ast.Name) and called.id == "print"), f"line {node.lineno}"


def test_imports_go_down_only():
    """The floors of pyproject.toml, as import-linter sees them."""
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "import-linter is not installed"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_package_of_the_library_stands_on_a_floor():
    floors = (ROOT / "pyproject.toml").read_text()
    packages = {p.parent.name for p in LIBRARY.glob("*/__init__.py")}
    assert packages
    assert {name for name in packages if f"popmargin.{name}" not in floors} == set()
