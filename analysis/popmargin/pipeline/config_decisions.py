"""What a schema cannot say about borrowing, comparison and scenario shifts of a config."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from popmargin.pipeline.config_sources import Finding, reference_names

# Values of these columns are never mixed, so there is nothing to compare between them.
_NEVER_BETWEEN: Final = ("timing", "patient_id", "fraction")


def decision_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of ``borrowing``, ``comparison``, ``scenario_shifts``: key, expected, found, remedy.

    Parameters: the values of a config, valid by its schema and with defaults.
    """
    known = sorted(reference_names("literature_population_errors.csv", "site"))
    for index, entry in enumerate(values["borrowing"]):
        if entry["site"] not in known:
            where = ("borrowing", index, "site")
            remedy = "choose a site of the literature table"
            yield where, f"one of {', '.join(known)}", ascii(entry["site"]), remedy
    if values["borrowing"] and values["errors"]["estimator"] == "conventional":
        remedy = "its systematic SD holds a share of the random one, which cannot be combined"
        yield ("errors", "estimator"), "anova or reml with borrowing", "conventional", remedy
    comparison = values["comparison"]
    if comparison and comparison["between"] in _NEVER_BETWEEN:
        expected = "a column that makes groups to compare"
        remedy = "name surrogate, site, centre, technique, immobilisation or one of your own"
        yield ("comparison", "between"), expected, comparison["between"], remedy
    shifts = values["scenario_shifts"]
    if shifts and shifts["courses"] and values["target"]["fractions"] is None:
        expected = "target.fractions, the length of a drawn course"
        yield ("scenario_shifts", "courses"), expected, "none", "state target.fractions"
