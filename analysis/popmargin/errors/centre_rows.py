"""The errors of all centres together and of each centre, from rows that name their centre.

The same as `popmargin.errors.pooled_packets` gives from packets, from rows at hand: whoever has the
rows judges centres by the same code. Assumptions: one id in two centres is two patients. Limits:
rows without a stated centre are left out; so is a group whose rows name only one.
"""

from collections.abc import Sequence

import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.errors.pooled_packets import CentreData
from popmargin.errors.population import AxisData
from popmargin.errors.select import UNIT_KEY
from popmargin.statistics.one_way import OneWayData


def centre_data_of_rows(
    selected: pl.DataFrame, *, group_by: Sequence[str] = ()
) -> list[CentreData]:
    """Units of every group and translation, over all centres and of each.

    Parameters
    ----------
    selected : one row per unit and fraction with ``group``, unit key, translations in mm and, if
        stated, ``centre``; from `popmargin.errors.select.select_images`.
    group_by : group columns to carry along; with ``centre`` among them no group has two centres.

    Returns
    -------
    One entry per group and axis, sorted, whose rows come from at least two stated centres.

    >>> rows = pl.DataFrame({"group": "all", "centre": ["A", "A", "B", "B"], "patient_id": list(
    ...     "abab"), "fraction": 1, "lr_mm": [1.0, 2.0, 3.0, 5.0], "si_mm": None, "ap_mm": None})
    >>> [found] = centre_data_of_rows(rows)
    >>> found.pooled.n_patients, found.centres["B"].data.by_size.mean
    (4, 4.0)
    """
    if "centre" not in selected.columns:
        return []
    known = selected.drop_nulls("centre")
    found = []
    for group in sorted(known["group"].unique().to_list()):
        members = known.filter(pl.col("group") == group)
        for axis in TRANSLATIONS:
            measured = members.drop_nulls(axis_column(axis))
            centres = sorted(measured["centre"].unique().to_list())
            if len(centres) > 1:
                each = {
                    name: _axis_data(axis, measured.filter(pl.col("centre") == name), group_by)
                    for name in centres
                }
                found.append(CentreData(_axis_data(axis, measured, group_by), each))
    return found


def _axis_data(axis: str, rows: pl.DataFrame, group_by: Sequence[str]) -> AxisData:
    keys = [name for name in ("centre", *UNIT_KEY) if name in rows.columns]
    # Two centres may use one id for two patients: the centre is part of the unit.
    labels = rows.select(pl.struct(keys).rank("dense")).to_series().to_numpy()
    data = OneWayData.from_values(rows[axis_column(axis)].to_numpy(), labels)
    patients = rows.select(pl.struct("centre", "patient_id").n_unique()).item()
    columns = {name: rows[name][0] for name in group_by}
    return AxisData(str(rows["group"][0]), columns, axis, patients, data)
