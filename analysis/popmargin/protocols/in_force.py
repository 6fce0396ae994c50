"""Corrections that were in force when the errors were logged: added back, or no replay.

A replay starts from uncorrected errors. An offline protocol that was in use had moved the couch
before the image was made: what it had carried must be in the columns ``carried_lr_mm``,
``carried_si_mm``, ``carried_ap_mm`` of the log, else the uncorrected error is lost.

Assumption: an empty carried value means that nothing was carried at that fraction. Limits: a log
that carries corrections although its protocol is said to be none cannot be recognised.
"""

import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.protocols.protocol import Protocol

CARRIED = tuple(f"carried_{axis_column(axis)}" for axis in TRANSLATIONS)


def carries_corrections(protocol: Protocol) -> bool:
    """Whether images made under this protocol show errors that are already partly corrected.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> [carries_corrections(parse_protocol(p)) for p in ("nal", "daily", "weekly", "no_imaging")]
    [True, False, True, False]
    """
    return protocol.kind.corrects == "offline" or bool(protocol.values.get("carry"))


def carried_rows(rows: pl.DataFrame) -> int:
    """Number of rows with a carried correction on some axis, which is then added back.

    >>> carried_rows(pl.DataFrame({"carried_lr_mm": [None, 0.0, 4.0], "lr_mm": [1.0, 1.0, 1.0]}))
    2
    """
    there = [name for name in CARRIED if name in rows.columns]
    if not there:
        return 0
    return rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in there)).height


def why_not_replayed(rows: pl.DataFrame, in_use: Protocol | None) -> str:
    """Why the uncorrected errors of these rows are not known; empty where they are.

    Parameters: logged rows of one group; the protocol in use when they were logged, ``None`` where
    it is not stated.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> rows = pl.DataFrame({"lr_mm": [1.0]})
    >>> why_not_replayed(rows, parse_protocol("daily"))
    ''
    >>> why_not_replayed(rows, parse_protocol("nal"))[:40]
    'the protocol in use (nal) had corrected '
    """
    if in_use is None or not carries_corrections(in_use):
        return ""
    there = [name for name in CARRIED if name in rows.columns]
    lost = [n for n in CARRIED if n not in there or rows[n].null_count() == rows.height]
    if not lost:
        return ""
    return (
        f"the protocol in use ({in_use.text}) had corrected these positions before they were "
        f"imaged, and what it had carried is not logged ({', '.join(lost)}): the uncorrected "
        "errors are not known"
    )
