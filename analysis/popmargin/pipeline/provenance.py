"""Provenance: what the results of a study rest on, in one file beside them.

Hashes of inputs (by label), config, code and outputs; versions of packages and contracts; the
seed. No machine path, user name or time: the same inputs and code give the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from popmargin.core.atomic import write_text
from popmargin.pipeline.receipts import check_receipt

FILE: Final = "provenance.json"
# What core.atomic calls a file that is not whole yet.
PARTIAL_PREFIX: Final = ".partial-"


def record_provenance(results: Sequence[Path], target: Path, statement: Mapping[str, Any]) -> None:
    """Write ``target`` beside the results: the statement, and hash, rule and code of each result.

    Parameters
    ----------
    results : every file that the study's rules wrote, below the folder of ``target``.
    statement : from `popmargin.pipeline.statement`.

    Raises
    ------
    RefusedInput : when a result is not what its rule wrote.
    """
    folder = target.parent
    # Nothing else runs now: what a killed run left half-written is no result.
    for leftover in folder.rglob(f"{PARTIAL_PREFIX}*"):
        leftover.unlink()
    receipts = {
        path.relative_to(folder).as_posix(): check_receipt(path, folder) for path in results
    }
    record = {
        **statement,
        "code": {receipt.rule: receipt.code for receipt in receipts.values()},
        "outputs": {
            name: {"sha256": receipt.sha256, "rule": receipt.rule}
            for name, receipt in receipts.items()
        },
    }
    write_text(target, json.dumps(record, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
