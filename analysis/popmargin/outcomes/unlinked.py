"""Patients that stand in one table of a study and are missing in another.

A comparison of outcomes rests on the patients that all its tables hold. Ids that are written
differently (a workbook that dropped leading zeros, a prefix) make patients vanish from it, and no
number shows that; so they are counted and said.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from popmargin.core.flags import Flag

_ALIKE: Final = "write ids alike in both (leading zeros, prefixes)"


def unlinked_patients(tables: Mapping[str, pl.DataFrame]) -> list[Flag]:
    """Remarks on patients that one of two tables lacks.

    Parameters
    ----------
    tables : by name, of ``outcomes``, ``patients`` and ``shifts``; each with ``patient_id``. What
        is not there is not looked at, and without outcomes or patients nothing is.

    Examples
    --------
    >>> tables = {"outcomes": pl.DataFrame({"patient_id": ["007", "008"]}),
    ...     "patients": pl.DataFrame({"patient_id": ["7", "008"]})}
    >>> for flag in unlinked_patients(tables):
    ...     print(flag.code, flag.patients, flag.message.split(" of table")[0])
    outcomes_without_patient 1 1 of 2 patients
    patients_without_outcome 1 1 of 2 patients
    """
    ids = {name: set(frame["patient_id"].unique()) for name, frame in tables.items()}
    if "outcomes" not in ids or "patients" not in ids:
        return []
    seen, known = ids["outcomes"], ids["patients"]
    flags = []
    if lost := len(seen - known):
        flags.append(
            _flag(
                "outcomes_without_patient",
                lost,
                f"{lost} of {len(seen)} patients of table outcomes are missing in table patients "
                f"and in every comparison: {_ALIKE}",
            )
        )
    if lost := len(known - seen):
        flags.append(
            _flag(
                "patients_without_outcome",
                lost,
                f"{lost} of {len(known)} patients of table patients have no outcome and are in no "
                f"comparison: {_ALIKE}; whom nothing happened to has event 0 at the last contact",
            )
        )
    if "shifts" in ids and (lost := len(seen - ids["shifts"])):
        flags.append(
            _flag(
                "outcomes_without_shifts",
                lost,
                f"{lost} of {len(seen)} patients of table outcomes have no image among the shifts: "
                f"errors as exposures are not known of them; {_ALIKE}",
            )
        )
    return flags


def _flag(code: str, patients: int, message: str) -> Flag:
    return Flag(code, "warn", message, column="patient_id", patients=patients)
