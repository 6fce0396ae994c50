"""The three lists of what popmargin needs agree: pyproject, lock, environment.yml."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "snakemake-minimal": "snakemake",
    "typst-py": "typst",
}
LOCK_LINE = re.compile(
    r"[\w.\-]+==[\w.+!]+(?: ; [\w.\-'=<>!() ]+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    r"|    #(?: via)?(?: +[\w.\-]+(?: \(pyproject\.toml\))?)?"
)
# What conda needs to install popmargin itself from the checkout.
CONDA_BUILD = {"pip", "hatchling", "editables"}


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _declared() -> dict[str, SpecifierSet]:
    return {
        canonicalize_name(r.name): r.specifier for r in map(Requirement, _project()["dependencies"])
    }


def _locked() -> list[tuple[str, str, str]]:
    """Name, version and marker of every pinned line."""
    lines = re.findall(
        r"^(\S+?)==(\S+)(?: ; (.+?))? \\$", (ROOT / "requirements.lock").read_text(), re.M
    )
    return [(canonicalize_name(name), version, marker) for name, version, marker in lines]


def _conda() -> dict[str, SpecifierSet]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pairs = (entry.partition(" ")[::2] for entry in listed)
    return {CONDA_NAMES.get(name, name): SpecifierSet(spec) for name, spec in pairs}


def test_environment_yml_names_the_same_packages_and_ranges_as_pyproject():
    conda = _conda()
    python = conda.pop("python")
    assert python == SpecifierSet(_project()["requires-python"])
    assert {name: spec for name, spec in conda.items() if name not in CONDA_BUILD} == _declared()


def test_every_declared_package_is_locked_within_its_range():
    locked: dict[str, list[str]] = {}
    for name, version, _ in _locked():
        locked.setdefault(name, []).append(version)
    dev = [Requirement(text) for text in _project()["optional-dependencies"]["dev"]]
    wanted = _declared() | {canonicalize_name(r.name): r.specifier for r in dev}
    for name, spec in wanted.items():
        assert locked.get(name), f"{name} is not in requirements.lock: run make lock"
        assert all(version in spec for version in locked[name]), (name, locked[name], str(spec))


def test_the_lock_has_hashes_and_no_index_address():
    text = (ROOT / "requirements.lock").read_text()
    assert len(_locked()) > 50
    blocks = re.split(r"^(?=\S+==)", text, flags=re.M)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    # Nothing but pins, their hashes and who wants them: no option, no address, no path.
    assert [line for line in text.splitlines() if not LOCK_LINE.fullmatch(line)] == []
    assert "://" not in text


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
def test_the_lock_is_universal(platform):
    """No pin is bound to the machine that solved it: markers are conditions."""
    from packaging.markers import Marker

    names = {
        name
        for name, _, marker in _locked()
        if not marker
        or Marker(marker).evaluate(
            {"sys_platform": platform, "python_version": "3.12", "python_full_version": "3.12.1"}
        )
    }
    assert {"polars", "snakemake", "numpy", "pytest"} <= names
