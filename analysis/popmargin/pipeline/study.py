"""A study as its checked config states it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path("results")
CONFIG_SUFFIXES: Final = frozenset({".yaml", ".yml"})
# A table with declared columns; every other reader is a vendor's.
TABLE_READER: Final = "table"


@dataclass(frozen=True, slots=True)
class Source:
    """One source: a file, a folder or a synthetic cohort, and what it declares about itself.

    ``number`` counts from 1 in the order of the config and is all that file names of results hold;
    exactly one of ``path`` and ``cohort`` is set; ``export`` is the layout that a cohort is written
    in and read back from; ``declared`` are the entries of the config.
    """

    number: int
    label: str
    table: str
    path: Path | None
    cohort: str | None
    declared: Mapping[str, Any]
    export: str | None = None

    @property
    def declaration(self) -> dict[str, Any]:
        """What decides how the source is read; where its file lies does not."""
        return {key: value for key, value in self.declared.items() if key != "path"}


@dataclass(frozen=True)
class Study:
    """A checked config, every default filled in.

    ``config_path`` is the file it came from; ``values`` follow ``config/schema.yaml``.
    """

    config_path: Path
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Short name, safe as a folder's name."""
        return str(self.values["study"])

    @property
    def results(self) -> Path:
        """Folder of the results, relative to the working directory."""
        return RESULTS / self.name

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The sources, numbered from 1."""
        folder = data_folder(self.config_path, self.values)
        return tuple(
            Source(
                number=number,
                label=entry["label"],
                table=entry["table"],
                path=folder / entry["path"] if "path" in entry else None,
                cohort=entry["synthetic"]["cohort"] if "synthetic" in entry else None,
                declared=entry,
                export=entry["synthetic"]["export"] if "synthetic" in entry else None,
            )
            for number, entry in enumerate(self.values["sources"], start=1)
        )

    def sources_of(self, table: str) -> tuple[Source, ...]:
        """Sources that hold ``table``."""
        return tuple(source for source in self.sources if source.table == table)

    def canonical_json(self) -> str:
        """What the study states, as `reported`, in one line: equal for equal studies."""
        return json.dumps(self.reported(), sort_keys=True, separators=(",", ":"))

    def reported(self) -> dict[str, Any]:
        """What the study states, without machine paths.

        The paths, the data folder and the file of the key are left out: what a file holds counts,
        by its digest.
        """
        stated = dict(self.values) | {"sources": [source.declaration for source in self.sources]}
        stated.pop("data_folder")
        if "privacy" in stated:
            stated["privacy"] = {"ids": stated["privacy"]["ids"]}
        return stated


def data_folder(config_path: Path, values: Mapping[str, Any]) -> Path:
    """Folder that the paths of the sources start from.

    >>> data_folder(Path("studies/lung.yaml"), {"data_folder": None}).as_posix()
    'studies'
    """
    stated = values.get("data_folder")
    return config_path.parent / stated if isinstance(stated, str) else config_path.parent
