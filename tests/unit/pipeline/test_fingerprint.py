"""A fingerprint changes with every source, data file and package that a script depends on."""

import pytest

from popmargin.core.resources import resource_path
from popmargin.pipeline import fingerprint
from popmargin.pipeline.fingerprint import code_files, code_fingerprint


@pytest.fixture(autouse=True)
def _forget():
    """Sources are parsed once a process; the tests change them."""
    yield
    for cached in (fingerprint._needs, fingerprint._file_hash, fingerprint._installed_version):
        cached.cache_clear()


@pytest.fixture
def library(tmp_path):
    """A small library: a chain of imports, a lazy one, a family by computed name, a data file."""
    sources = {
        "__init__": "import popmargin.unused",
        "unused": "",
        "core/__init__": "",
        "core/deep": "import numpy",
        "core/data": "resource_path('reference', 'a.csv'), resource_path('data_schema', f'{x}')",
        "errors/__init__": "",
        "errors/one": "import popmargin.core.deep\ndef g():\n    from popmargin.core import data",
        "family/__init__": "load(f'popmargin.family.{name}')",
        "family/member": "",
        "other": "",
    }
    root = tmp_path / "analysis" / "popmargin"
    for name, text in sources.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "reference").mkdir()
    (root / "reference" / "a.csv").write_text("1")
    (tmp_path / "data_schema").mkdir()
    (tmp_path / "data_schema" / "t.json").write_text("{}")
    script = tmp_path / "rule.py"
    script.write_text("from popmargin.errors.one import g\nfrom popmargin import family\n")
    return root


def fresh(library):
    fingerprint._needs.cache_clear()
    fingerprint._file_hash.cache_clear()
    return code_fingerprint(library.parents[1] / "rule.py", library)


def test_what_a_script_depends_on(library):
    files, packages = code_files(library.parents[1] / "rule.py", library)
    assert set(files) == {
        "script/rule.py",
        "errors",
        "errors.one",
        "core",
        "core.deep",
        "core.data",
        "family",
        "family.member",
        "data/reference/a.csv",
        "data/data_schema/t.json",
    }
    assert packages == {"numpy"}


@pytest.mark.parametrize(
    "changed",
    [
        "errors/one.py",
        "core/deep.py",
        "core/data.py",
        "family/member.py",
        "reference/a.csv",
        "../../data_schema/t.json",
        "../../rule.py",
    ],
)
def test_a_change_of_anything_used_changes_the_fingerprint(library, changed):
    before = fresh(library)
    file = library / changed
    file.write_text(file.read_text() + "\n")
    assert fresh(library) != before


def test_a_change_of_anything_else_does_not(library):
    before = fresh(library)
    (library / "other.py").write_text("x = 1")
    (library / "unused.py").write_text("x = 1")
    assert fresh(library) == before


def test_a_package_version_counts(library, monkeypatch):
    before = fresh(library)
    monkeypatch.setattr(fingerprint, "_installed_version", lambda package: "0.0")
    assert fresh(library) != before


def test_the_same_code_elsewhere_has_the_same_fingerprint(library, tmp_path):
    library.parents[1].joinpath("moved").mkdir()
    for name in ("analysis", "data_schema", "rule.py"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    moved = tmp_path / "moved" / "analysis" / "popmargin"
    here = fresh(moved)
    for name in ("analysis", "data_schema", "rule.py"):
        (tmp_path / "moved" / name).rename(tmp_path / name)
    assert fresh(library) == here


def test_a_missing_data_file_is_named(library):
    (library / "reference" / "a.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"reference/a\.csv is missing"):
        fresh(library)


def test_margins_depend_on_recipes_and_statistics_and_figures_on_their_family():
    scripts = resource_path("workflow", "scripts")
    margins, packages = code_files(scripts / "estimate_margins.py")
    assert {"margins.recipes.van_herk", "statistics.anova", "core.atomic"} <= set(margins)
    assert {"numpy", "polars"} <= packages
    assert not any(name.startswith(("figures", "cohorts")) for name in margins)
    figures, _ = code_files(scripts / "plot_figure.py")
    assert {"figures.margin_recipes", "figures.style"} <= set(figures)


def test_every_package_of_every_rule_has_a_version():
    names = set()
    for script in sorted(resource_path("workflow", "scripts").glob("*.py")):
        names |= code_files(script)[1]
    names -= {"snakemake"}
    lost = {name for name in names if fingerprint._installed_version(name) == "not installed"}
    assert names > {"docx", "numpy", "yaml"}
    assert lost == set()
