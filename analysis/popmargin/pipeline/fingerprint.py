"""Code fingerprints: which code a result depends on, as one string known before anything runs.

Snakemake sees a changed script, not a changed library function. Here the imports of a script are
followed through the library's sources (read, never executed); the fingerprint covers those files,
the shipped data files they name through ``resource_path``, the versions of the third-party
packages they import, and the Python version.

Limits: an import whose name is computed is followed only where a literal text in the code starts
it (``"popmargin.figures."`` brings the whole family in). Code of third-party packages counts by
version number only.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

PACKAGE: Final = "popmargin"
_LIBRARY: Final = Path(__file__).resolve().parents[1]
# Import name -> distribution, where the two differ.
_DISTRIBUTIONS: Final = {
    "docx": "python-docx",
    "vl_convert": "vl-convert-python",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
    "PIL": "pillow",
}


def code_fingerprint(script: Path, library: Path = _LIBRARY) -> str:
    """Fingerprint of everything that decides what ``script`` computes.

    Parameters
    ----------
    script : the script of a rule.
    library : folder of the ``popmargin`` package.

    Returns
    -------
    64 hexadecimal digits; equal for equal code wherever it is installed.

    Raises
    ------
    FileNotFoundError : when the script, or a shipped file that the code names, is missing.
    SyntaxError : when a source is not Python.
    """
    files, packages = code_files(script, library)
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name}\x1f{_file_hash(path)}\x1e".encode())
    for package in sorted(packages):
        digest.update(f"{package}\x1f{_installed_version(package)}\x1e".encode())
    digest.update(f"python\x1f{'.'.join(map(str, sys.version_info[:3]))}".encode())
    return digest.hexdigest()


def code_files(script: Path, library: Path = _LIBRARY) -> tuple[dict[str, Path], set[str]]:
    """Files that ``script`` depends on, by a name free of machine paths, and third-party packages.

    Parameters and errors are those of `code_fingerprint`.
    """
    files = {f"script/{script.name}": script}
    packages: set[str] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        packages |= _needs(path).packages
        for name, needed in _needed_files(path, library):
            if name not in files:
                files[name] = needed
                if needed.suffix == ".py":
                    waiting.append(needed)
    return files, packages


def distribution_name(package: str) -> str:
    """Name under which a package that is imported as ``package`` is installed.

    >>> distribution_name("sklearn")
    'scikit-learn'
    """
    return _DISTRIBUTIONS.get(package, package)


class _Needs(ast.NodeVisitor):
    """What one source names: modules of the library, other packages, shipped files."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.packages: set[str] = set()
        self.resources: set[tuple[str, ...]] = set()

    def _add_module(self, name: str) -> None:
        top = name.partition(".")[0]
        if top == PACKAGE:
            self.modules.add(name)
        elif top not in sys.stdlib_module_names:
            self.packages.add(top)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add_module(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module:
            self._add_module(node.module)
            if node.module.partition(".")[0] == PACKAGE:
                # ``from package import module`` names a file; of a function it names nothing.
                self.modules |= {f"{node.module}.{alias.name}" for alias in node.names}

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value
        if isinstance(text, str) and text.startswith(f"{PACKAGE}."):
            name = text.partition(":")[0]
            if all(part.isidentifier() for part in name.rstrip(".").split(".")):
                self.modules.add(name)

    def visit_Call(self, node: ast.Call) -> None:
        called = getattr(node.func, "id", getattr(node.func, "attr", None))
        if called == "resource_path":
            parts = []
            for argument in node.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    break  # a computed name: the whole folder counts
                parts.append(argument.value)
            if parts:
                self.resources.add(tuple(parts))
        self.generic_visit(node)


@cache
def _needs(path: Path) -> _Needs:
    needs = _Needs()
    needs.visit(ast.parse(path.read_bytes(), filename=path.name))
    return needs


@cache
def _needed_files(path: Path, library: Path) -> tuple[tuple[str, Path], ...]:
    # Kept: many rules share most of the library.
    return tuple(dict(_resolve(_needs(path), library)).items())


def _resolve(needs: _Needs, library: Path) -> Iterator[tuple[str, Path]]:
    for module in needs.modules:
        yield from _module_files(module, library)
    for parts in needs.resources:
        root = _resource(parts, library)
        found = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        for path in found:
            if path.suffix not in {".pyc", ".py"}:
                yield "/".join(("data", *parts, *path.relative_to(root).parts)), path


def _module_files(module: str, library: Path) -> Iterator[tuple[str, Path]]:
    """Source of a module and of the packages above it; a trailing dot means all modules below."""
    parts = module.rstrip(".").split(".")[1:]
    # ASSUME the library's own __init__ only gathers names: its imports are not followed here.
    for depth in range(1, len(parts) + 1):
        folder = library.joinpath(*parts[:depth])
        name = ".".join(parts[:depth])
        if (folder / "__init__.py").is_file():
            yield name, folder / "__init__.py"
        elif folder.with_suffix(".py").is_file():
            yield name, folder.with_suffix(".py")
    if module.endswith("."):
        folder = library.joinpath(*parts)
        for path in sorted(folder.rglob("*.py")):
            below = path.relative_to(library).with_suffix("").parts
            yield ".".join(part for part in below if part != "__init__"), path


def _resource(parts: tuple[str, ...], library: Path) -> Path:
    """As ``core.resources.resource_path``, for the library that is looked at."""
    for root in (library / "_shipped", library, library.parents[1]):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"popmargin's own file {'/'.join(parts)} is missing: install it again")


@cache
def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _installed_version(package: str) -> str:
    try:
        return version(distribution_name(package))
    except PackageNotFoundError:
        return "not installed"
