"""Receipts: what a rule wrote, by its hash, so that a damaged result is named and never used.

Snakemake goes by time stamps: an output that was truncated or edited after its rule ran counts as
done. A receipt beside the results (``.receipts``) holds the hash at the moment of writing; every
rule checks the receipts of what it reads, and `popmargin verify` those of all results.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from popmargin.core.atomic import write_text
from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.digests import content_digest

FOLDER: Final = ".receipts"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of one result: its hash, the rule that wrote it and that rule's code."""

    sha256: str
    rule: str
    code: str


def write_receipt(result: Path, results: Path, *, rule: str, code: str) -> None:
    """Record the content of ``result``, a file below the folder ``results``.

    Raises `RefusedInput` when the file is not there.
    """
    receipt = Receipt(sha256=content_digest(result), rule=rule, code=code)
    write_text(_place(result, results), json.dumps(asdict(receipt), sort_keys=True) + "\n")


def read_receipt(result: Path, results: Path) -> Receipt:
    """The receipt of ``result``.

    Raises `RefusedInput` when there is none, or it is damaged.
    """
    try:
        return Receipt(**json.loads(_place(result, results).read_bytes()))
    except (OSError, ValueError, TypeError):
        remedy = "delete this file and run the workflow again"
        raise RefusedInput(
            result.as_posix(), "a receipt of what was written", "none", remedy
        ) from None


def check_receipt(result: Path, results: Path) -> Receipt:
    """The receipt of ``result`` when the file still is what was written.

    Raises `RefusedInput` for a file that was truncated, edited or replaced since.
    """
    receipt = read_receipt(result, results)
    if content_digest(result) != receipt.sha256:
        remedy = "delete this file and run the workflow again"
        raise RefusedInput(
            result.as_posix(), f"the content that {receipt.rule} wrote", "other content", remedy
        )
    return receipt


def _place(result: Path, results: Path) -> Path:
    name = "__".join(result.relative_to(results).parts)
    return results / FOLDER / f"{name}.json"
