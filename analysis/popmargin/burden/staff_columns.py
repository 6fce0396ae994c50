"""Minutes of each profession that the images of a course take."""

from popmargin.burden.comparison import Comparison
from popmargin.burden.defaults import PROFESSIONS
from popmargin.burden.strategies import NO_MODALITY


def staff_columns(comparison: Comparison, place: int) -> dict[str, float | None]:
    """Person-minutes of a course by profession at the typical values; ``None`` where not stated.

    Parameters: strategies of one group, and the place of the strategy. Keys:
    ``rtt_minutes_per_course``, ``physicist_minutes_per_course``, ``physician_minutes_per_course``.
    """
    strategy = comparison.strategies[place]
    found: dict[str, float | None] = {}
    for who in PROFESSIONS:
        record = comparison.used_records.get(f"{strategy.modality}.{who}_minutes")
        if strategy.modality == NO_MODALITY:
            minutes: float | None = 0.0
        else:
            minutes = None if record is None else strategy.images * record.typical
        found[f"{who}_minutes_per_course"] = minutes
    return found
