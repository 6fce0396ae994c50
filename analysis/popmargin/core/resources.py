"""Files that ship with popmargin: schemas, reference tables, the workflow.

In a checkout they stand in the repository's folders; in an installed wheel the build maps the
same folders into ``popmargin/_shipped``. There is no second copy in the repository. Reference
tables (published numbers with their citation and status) stand in ``popmargin/reference``.
"""

import csv
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_REPOSITORY = _PACKAGE.parents[1]


def resource_path(*parts: str) -> Path:
    """Path of a shipped file or folder, such as ``resource_path("data_schema", "shifts.json")``.

    Raises ``FileNotFoundError`` when the installation is incomplete.
    """
    for root in (_PACKAGE / "_shipped", _PACKAGE, _REPOSITORY):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"popmargin's own file {'/'.join(parts)} is missing: install it again")


def csv_rows(path: Path) -> tuple[dict[str, str], ...]:
    """Rows of a shipped CSV table, as text.

    >>> csv_rows(resource_path("reference", "tcp_parameters.csv"))[4]["label"]
    'prostate_logistic'
    """
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
