"""What the library never does: no shell, pickle, network, unsafe YAML or evaluated text."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path for folder in ("analysis", "workflow") for path in (ROOT / folder).rglob("*.py")
)
RULES = [ROOT / "Snakefile", *sorted((ROOT / "workflow").rglob("*.smk"))]
# Modules that reach the network, start programs, or read objects that run code when read.
FORBIDDEN = {
    "socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "ftplib", "smtplib",
    "pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "pty", "telnetlib",
}  # fmt: skip
# Started by a list of fixed words, never by a shell.
MAY_START_PROGRAMS = {"pipeline/watch.py"}
CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load",
    "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle", "pandas.read_pickle", "np.load",
    "numpy.load", "pl.DataFrame.deserialize", "pl.LazyFrame.deserialize",
}  # fmt: skip


def _name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def trees():
    """Every source, parsed once."""
    return {_name(path): ast.parse(path.read_text("utf-8")) for path in SOURCES}


def _calls(tree):
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _imports(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_no_module_that_reaches_out_is_imported(trees):
    found = []
    for path, tree in trees.items():
        for name in [name for node in ast.walk(tree) for name in _imports(node)]:
            root = name.split(".")[0]
            starts = root == "subprocess" and not path.endswith(tuple(MAY_START_PROGRAMS))
            if root in FORBIDDEN or starts:
                found.append((path, name))
    assert found == []


def test_no_text_is_run_and_nothing_read_runs_code(trees):
    found = []
    for path, tree in trees.items():
        for name, node in _calls(tree):
            words = {word.arg for word in node.keywords} & {"shell", "allow_pickle"}
            if name in CALLS or words:
                found.append((path, node.lineno, name, words))
    assert found == []


@pytest.mark.parametrize("path", RULES, ids=_name)
def test_rules_start_scripts_and_no_shell(path):
    text = path.read_text("utf-8")
    assert not re.search(r"^\s*(shell|run|notebook|wrapper|cwl)\s*:", text, re.MULTILINE)
    assert not re.search(r"\bshell\s*\(", text)


def test_a_break_of_these_rules_is_seen():
    """The searches above find what they look for."""
    bad = "import pickle\nos.system('x')\nsubprocess.run('x', shell=True)\nyaml.load(x)\n"
    names = {name for name, _ in _calls(ast.parse(bad))}
    assert {"os.system", "yaml.load"} <= names & CALLS
    assert "pickle" in FORBIDDEN


def test_every_direct_dependency_has_its_licence_and_what_is_known_of_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {Requirement(text).name.lower() for text in project["dependencies"]}
    rows = re.findall(
        r"^\| ([a-z0-9-]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
        (ROOT / "docs" / "dependencies.md").read_text(),
        re.MULTILINE,
    )
    listed = {name for name, *_ in rows} - {"package"}
    assert declared - listed == set(), "add a row to docs/dependencies.md"
    assert listed - declared == set(), "docs/dependencies.md lists what is not needed"
    assert all(cell.strip() for row in rows for cell in row)
