"""Filling of an organ at each fraction, from the anatomy table, for protocols that act on it.

Assumptions: what was measured twice at one fraction is averaged; planning values (fraction 0) are
no fraction. Limits: one structure, side and quantity at a time, all in one unit.
"""

import polars as pl

from popmargin.core.exceptions import RefusedInput


def filling_of_fractions(
    anatomy: pl.DataFrame, *, structure: str, quantity: str, side: str | None = None
) -> pl.DataFrame:
    """One value per patient, course and fraction of one measured quantity.

    Parameters
    ----------
    anatomy : canonical anatomy table (contract ``anatomy``).
    structure, quantity : which rows, for instance ``rectum`` and ``diameter``.
    side : of a paired structure; every side where ``None``, which must then be one.

    Returns
    -------
    Columns ``patient_id``, ``course`` (where the table has it), ``fraction``, ``filling`` in the
    unit of the table; ``fraction`` >= 1.

    Raises
    ------
    RefusedInput
        When no such row exists (the message lists what there is), or sides or units are mixed.

    Examples
    --------
    >>> rows = pl.DataFrame({"patient_id": ["a", "a"], "fraction": [1, 1], "structure": "rectum",
    ...     "quantity": "diameter", "value": [30.0, 34.0], "unit": "mm"})
    >>> filling_of_fractions(rows, structure="rectum", quantity="diameter").row(0)
    ('a', 1, 32.0)
    """
    wanted = (pl.col("structure") == structure) & (pl.col("quantity") == quantity)
    if side is not None:
        wanted &= pl.col("side") == side
    rows = anatomy.filter(wanted & (pl.col("fraction") > 0)).drop_nulls("value")
    if rows.is_empty():
        known = anatomy.select("structure", "quantity").unique().sort("structure", "quantity")
        found = ", ".join(" ".join(map(str, row)) for row in known.rows()) or "nothing"
        raise RefusedInput(
            "anatomy", f"rows of {structure} {quantity} at fractions", found,
            "name a structure and quantity that are measured at each fraction",
        )  # fmt: skip
    for column in ("side", "unit"):
        values = rows[column].unique().to_list() if column in rows.columns else []
        if len(values) > 1:
            found = ", ".join(sorted(map(str, values)))
            raise RefusedInput(
                f"anatomy, column {column}", f"one {column} of {structure} {quantity}", found,
                "state which one, or convert the values",
            )  # fmt: skip
    key = [name for name in ("patient_id", "course") if name in rows.columns]
    mean = pl.col("value").sort().mean().alias("filling")
    return rows.group_by(*key, "fraction").agg(mean).sort(*key, "fraction")
