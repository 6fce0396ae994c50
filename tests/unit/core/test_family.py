"""A family is what lies in its folder: a file is found, a forgotten entry told, code counts."""

import sys
from pathlib import Path

import pytest

from popmargin.core.exceptions import PopmarginError
from popmargin.core.family import family_members
from popmargin.core.resources import resource_path
from popmargin.gather.kind import Kind
from popmargin.gather.kinds import KINDS
from popmargin.margins.recipe import Recipe
from popmargin.margins.registry import RECIPES
from popmargin.pipeline.fingerprint import code_files
from popmargin.protocols import PROTOCOLS
from popmargin.protocols.protocol import ProtocolKind

FAMILIES = [
    ("popmargin.margins.recipes.", Recipe, RECIPES),
    ("popmargin.protocols.kinds.", ProtocolKind, PROTOCOLS),
    # xvi is read from texts and from DICOM: one name, two kinds of file.
    ("popmargin.gather.readers.", Kind, {(kind.reader, kind.sop_class): kind for kind in KINDS}),
]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that grows by a file."""
    (tmp_path / "grown").mkdir()
    (tmp_path / "grown" / "__init__.py").write_text("")
    (tmp_path / "grown" / "b.py").write_text("ONE = 1.5\nAGAIN = ONE\n")
    (tmp_path / "grown" / "a.py").write_text("from grown.b import ONE\nTWO, SIX = 2.5, 6.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "grown"
    for name in [name for name in sys.modules if name.partition(".")[0] == "grown"]:
        del sys.modules[name]


def test_every_file_is_found_and_every_member_once(package):
    assert sorted(family_members("grown.", float)) == [1.5, 2.5, 6.5]


def test_a_file_without_an_entry_is_told(package):
    (package / "empty.py").write_text("NOTHING = None\n")
    with pytest.raises(PopmarginError, match=r"grown\.empty: expected a module-level float"):
        family_members("grown.", float)


@pytest.mark.parametrize(("package", "kind", "registry"), FAMILIES)
def test_no_two_members_share_a_name(package, kind, registry):
    assert len(family_members(package, kind)) == len(registry)


@pytest.mark.parametrize(
    ("rule", "folder"),
    [
        ("estimate_margins", "margins/recipes"),
        ("replay_protocols", "protocols/kinds"),
        ("gather_source", "gather/readers"),
    ],
)
def test_a_changed_member_reruns_the_rules_that_use_the_family(rule, folder):
    script = Path(resource_path("workflow", "scripts", f"{rule}.py"))
    counted = set(code_files(script)[0])
    here = resource_path("workflow").parent / "analysis" / "popmargin" / folder
    names = {f"{folder}/{path.stem}".replace("/", ".") for path in here.glob("[a-z]*.py")}
    assert names
    assert names <= counted
