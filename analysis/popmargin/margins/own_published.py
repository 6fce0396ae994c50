"""A reader's own table of published errors and margins, in the layout that the checker judges.

Columns, as printed and as text, because the number of digits says how a value was rounded:
``paper``, ``axis``, ``systematic_sd_mm``, ``random_sd_mm``, ``margin_mm`` and ``recipe`` (a name
from ``popmargin recipes``, or the formula in the paper's words); ``site``, ``citation``, ``url``,
``quantity``, ``correction_state``, ``modality``, ``n_patients``, ``group_mean_mm`` and ``note``
where there are any. An empty cell is not printed.

Limits: those of `popmargin.margins.published`.
"""

import math
from typing import Final

import polars as pl

from popmargin.core.exceptions import RefusedInput

_REQUIRED: Final = {
    "paper": "paper_id",
    "axis": "axis",
    "systematic_sd_mm": "Sigma_mm",
    "random_sd_mm": "sigma_mm",
    "margin_mm": "margin_stated_mm",
    "recipe": "margin_formula_stated",
}
_OPTIONAL: Final = {
    "site": "site",
    "citation": "citation",
    "url": "url",
    "quantity": "quantity",
    "correction_state": "correction_state",
    "modality": "modality",
    "n_patients": "n_patients",
    "group_mean_mm": "M_mm",
    "note": "note",
}
_SIGNED: Final = ("margin_mm", "group_mean_mm")
_NUMBERS: Final = ("systematic_sd_mm", "random_sd_mm", "n_patients", *_SIGNED)


def own_published_table(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The reader's table in the layout of `popmargin.margins.published.check_published_margins`.

    Parameters
    ----------
    frame : the columns above, every one as text.
    where : name of the file, for messages.

    Raises
    ------
    RefusedInput
        When a column is missing or unknown, or a cell is no finite number (or a negative SD).

    Examples
    --------
    >>> own = pl.DataFrame({
    ...     "paper": ["X 2020"], "axis": ["AP"], "systematic_sd_mm": ["1.7"],
    ...     "random_sd_mm": ["3.3"], "margin_mm": ["7.7"], "recipe": ["van_herk_linear"]})
    >>> own_published_table(own, "own.csv").select("Sigma_mm", "margin_stated_mm").row(0)
    ('1.7', '7.7')
    """
    known = _REQUIRED | _OPTIONAL
    for name in _REQUIRED:
        if name not in frame.columns:
            remedy = f"the columns are {', '.join(_REQUIRED)}; further {', '.join(_OPTIONAL)}"
            raise RefusedInput(where, f"a column {name}", ", ".join(frame.columns), remedy)
    for name in frame.columns:
        if name not in known:
            remedy = "remove or rename it"
            raise RefusedInput(where, f"one of the columns {', '.join(known)}", name, remedy)
    table = frame.with_columns(pl.all().cast(pl.String).str.strip_chars().fill_null(""))
    for name in _NUMBERS:
        if name in table.columns:
            _check_numbers(table[name].to_list(), name, where)
    columns = [
        (pl.col(name) if name in table.columns else pl.lit("")).alias(target)
        for name, target in known.items()
    ]
    return table.select(
        *columns, pl.lit("mm").alias("unit"), pl.lit("").alias("margin_half_ulp_mm")
    )


def _check_numbers(cells: list[str], name: str, where: str) -> None:
    for row, cell in enumerate(cells, start=2):
        if not cell:
            continue
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or (value < 0.0 and name not in _SIGNED):
            expected = "a number with a decimal point" + ("" if name in _SIGNED else ", >= 0")
            remedy = "write it as printed, or leave the cell empty"
            raise RefusedInput(f"{where}, row {row}, column {name}", expected, repr(cell), remedy)
