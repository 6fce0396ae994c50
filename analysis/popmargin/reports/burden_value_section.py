"""Section on what the cost hangs on, and what one more validated input would be worth."""

from typing import Final

import polars as pl

from popmargin.reports.columns import Row, plain, table_of, text
from popmargin.reports.numbers import NOT_ESTIMABLE
from popmargin.reports.section import Section

_SHOWN: Final = 5


def value_section(burden_sensitivity: pl.DataFrame) -> Section:
    """The inputs that are worth knowing better, the most valuable first in each group.

    Parameters: a table after the contract ``burden_sensitivity``.
    """
    first = burden_sensitivity.row(0, named=True)
    money = f"{first['currency']} {first['price_year']}" if first["currency"] else "not stated"
    words = [
        "What knowing one input exactly would be worth per patient, before one of the options is "
        "chosen: 0 says that no value it may have would change the choice. It holds at its "
        "willingness to pay and for the stated ranges only; the standard error is that of the "
        "draws.",
    ]
    worth = f"Worth of knowing it ({money} a patient)"
    error = "value_of_information_standard_error"
    per_effect = f"At ({money} per {first['effect_unit']})"
    table = table_of(
        f"What one more validated input is worth: the first {_SHOWN} of each group",
        _most_valuable(burden_sensitivity),
        [
            text("Group", "group"),
            text("Input", "key"),
            text("Status", "status"),
            plain("Low", "low", None),
            plain("High", "high", None),
            text("Unit", "unit"),
            plain(f"Swing of the cost ({money})", "swing", 0, missing=NOT_ESTIMABLE),
            plain(worth, "value_of_information", 2, missing=NOT_ESTIMABLE),
            plain("Standard error", error, 2, missing=NOT_ESTIMABLE),
            plain(per_effect, "willingness_to_pay", 0, missing=NOT_ESTIMABLE),
        ],
        "tables/burden_sensitivity.csv",
    )
    return Section("knowing", "What one more validated input is worth", words, [table])


def _most_valuable(table: pl.DataFrame) -> list[Row]:
    """Rows of the most valuable inputs, then of the widest swing, by group."""
    order = ["value_of_information", "swing"]
    return [
        row
        for group in table["group"].unique(maintain_order=True)
        for row in table.filter(group=group)
        .sort(order, descending=True, nulls_last=True, maintain_order=True)
        .head(_SHOWN)
        .rows(named=True)
    ]
