"""What the margin of each strategy does to an organ at risk, where the study has its response."""

from typing import Any

from popmargin.burden.column_values import limits_of, number_or_none
from popmargin.burden.comparison import Comparison


def response_columns(comparison: Comparison, place: int) -> dict[str, Any]:
    """Columns on the organ at risk of one strategy against the first.

    Parameters
    ----------
    comparison : strategies of one group; place : of the strategy.

    Returns
    -------
    ``organ``, ``ntcp_set``, ``ntcp_status`` and ``ntcp_change_percent`` (points, negative is less
    harm) with limits over the draws of margin and response; ``None`` where the study has no
    response or a margin lies beyond its curve.
    """
    response = comparison.response
    if response is None:
        return dict.fromkeys(_COLUMNS)
    at, drawn = comparison.typical["ntcp_percent"], comparison.drawn["ntcp_percent"]
    low, high = limits_of(drawn[:, place] - drawn[:, 0], comparison.question.level)
    found = (
        response.organ,
        response.model,
        response.status or None,
        number_or_none(at[place] - at[0]),
        low,
        high,
    )
    return dict(zip(_COLUMNS, found, strict=True))


_COLUMNS = (
    "organ",
    "ntcp_set",
    "ntcp_status",
    "ntcp_change_percent",
    "ntcp_change_low_percent",
    "ntcp_change_high_percent",
)
