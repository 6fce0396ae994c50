"""The observed outcomes of a study: every table that its config asks for.

Assumptions and limits: those of `popmargin.outcomes.observed`, `exposures` and `effects`. Exposure
is that of the logged images up to the landmark, or with ``start_stop`` of the images made so far;
without either all images count, which is sound only for outcomes that are counted from the end of
treatment, and refused for others.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.outcomes.effects import (
    design_columns,
    outcome_associations,
    weighted_association,
)
from popmargin.outcomes.exposures import after_landmark, patient_exposures, start_stop_rows
from popmargin.outcomes.observed import (
    endpoint_cohort,
    estimate_incidence,
    estimate_outcome_curves,
)
from popmargin.statistics.prediction import predict_left_out, prediction_quality

Rows = list[dict[str, Any]]
MEASURED: Final = ("systematic_error_mm", "random_error_mm", "margin_deficit_mm")
_TABLES: Final = ("curves", "effects", "weighted", "balance", "prediction")
_MARGINS: Final = ("margin_lr_mm", "margin_si_mm", "margin_ap_mm")


def estimate_observed_outcomes(
    outcomes: pl.DataFrame,
    patients: pl.DataFrame,
    shifts: pl.DataFrame,
    analyses: Sequence[Mapping[str, Any]],
    *,
    level: float = 0.95,
    seed: int = 1,
) -> dict[str, Rows]:
    """Rows of the contracts ``outcome_incidence``, ``outcome_curves`` and three more, by name.

    Parameters
    ----------
    outcomes, patients : contracts of these names, one row a patient in ``patients``.
    shifts : chosen images with ``patient_id``, ``fraction`` and the errors.
    analyses : as the config's ``outcomes.analyses``.
    level, seed : of intervals, inside (0, 1), and of imputations, >= 0.

    Raises
    ------
    RefusedInput
        For duplicate patients, impossible outcomes, or exposure during treatment without a
        landmark where times are not counted from its end.
    WrongUsage
        When an analysis names a column that does not exist.

    Examples
    --------
    >>> empty = estimate_observed_outcomes(pl.DataFrame({"endpoint": []}), pl.DataFrame(
    ...     {"patient_id": []}), pl.DataFrame(), [])
    >>> sorted(empty)[0], empty["outcome_effects"]
    ('outcome_balance', [])
    """
    if patients["patient_id"].is_duplicated().any():
        raise RefusedInput("patients", "one row a patient", "duplicate patients", "remove them")
    found: dict[str, Rows] = {
        "outcome_incidence": estimate_incidence(outcomes, confidence_level=level),
        **{f"outcome_{name}": [] for name in _TABLES},
    }
    for analysis in analyses:
        endpoint = analysis["endpoint"]
        key = {"endpoint": endpoint}
        cohort, said = analysis_cohort(outcomes, patients, shifts, analysis)
        by = analysis["compare"]
        if by is not None:
            found["outcome_curves"] += estimate_outcome_curves(
                outcomes, patients, by, [endpoint], confidence_level=level
            )
        terms = [*filter(None, [by]), *analysis["exposures"], *analysis["covariates"]]
        randomised = [by] if analysis["randomised"] and by else []
        for model in analysis["models"]:
            rows = outcome_associations(
                cohort, terms, model=model, randomised=randomised, level=level, seed=seed
            )
            found["outcome_effects"] += [key | row | {"exposure_time": said} for row in rows]
        if analysis["start_stop"]:
            # What follows has one row a patient: an exposure that changes has no place in it.
            cohort, _ = analysis_cohort(
                outcomes, patients, shifts, {**analysis, "exposures": [], "start_stop": False}
            )
            terms = [term for term in terms if term not in MEASURED]
        if terms:
            found["outcome_prediction"].append(key | left_out_prediction(cohort, terms, level))
        if by is not None and analysis["covariates"]:
            row, balance = weighted_association(
                cohort, by, analysis["covariates"], randomised=bool(randomised), level=level
            )
            found["outcome_weighted"].append(key | row)
            found["outcome_balance"] += [key | line for line in balance]
    return found


def left_out_prediction(
    cohort: pl.DataFrame, terms: Sequence[str], level: float = 0.95
) -> dict[str, Any]:
    """Discrimination and calibration of the logistic model in centres that were left out.

    Parameters
    ----------
    cohort : one row a patient: ``event``, ``centre`` and the terms; patients with a missing value
        are left out.
    terms : columns of the model.  level : of the interval of the area, inside (0, 1).

    Returns
    -------
    A row of contract ``outcome_prediction``; the reason where nothing is estimable.

    Examples
    --------
    >>> cohort = pl.DataFrame({"event": [0, 1] * 40, "age": [60.0 + i % 9 for i in range(80)]})
    >>> left_out_prediction(cohort, ["age"])["reason"]
    'not estimable: no column centre among the patients'
    """
    row: dict[str, Any] = {"terms": ", ".join(terms)}
    try:
        if "centre" not in cohort.columns:
            raise NotEstimable("no column centre among the patients")
        complete = cohort.drop_nulls([*terms, "centre"])
        _, table, _ = design_columns(complete, terms)
        event = (complete["event"] == 1).to_numpy().astype(float)
        centres = complete["centre"].to_numpy()
        predicted = predict_left_out(table, event, centres)
        found = prediction_quality(predicted, event, centres, level=level)
    except NotEstimable as refusal:
        return row | {"reason": f"not estimable: {refusal}"}
    row |= {"n_patients": found.subjects, "n_events": found.events, "n_centres": found.clusters}
    return row | {
        f"{name}{end}": getattr(found, f"{name}{end}")
        for name in ("area", "calibration_slope", "calibration_intercept", "brier")
        for end in ("", "_low", "_high")
    }


def analysis_cohort(
    outcomes: pl.DataFrame,
    patients: pl.DataFrame,
    shifts: pl.DataFrame,
    analysis: Mapping[str, Any],
) -> tuple[pl.DataFrame, str | None]:
    """One row a patient with outcome, exposures and covariates, and how exposure is timed.

    After the landmark if there is one; with ``start_stop`` one row between two images. Parameters:
    as in `estimate_observed_outcomes`, one analysis. Numbers that the table of patients carries as
    text become numbers. Raises as `estimate_observed_outcomes`.
    """
    endpoint, fraction = analysis["endpoint"], analysis["landmark_fraction"]
    cohort = endpoint_cohort(outcomes, endpoint, grade_at_least=analysis["grade_at_least"])
    exposed = [name for name in analysis["exposures"] if name in MEASURED]
    margins = patients if set(_MARGINS) <= set(patients.columns) else None
    said = "all images, times from the end of treatment" if exposed else None
    if analysis["start_stop"] and exposed:
        _refuse_start_stop(cohort, analysis)
        before = cohort.height
        cohort = start_stop_rows(cohort, shifts, margins)
        lost = before - cohort["patient_id"].n_unique()
        said = f"start-stop: images made so far; {lost} patients without an image before their end"
        exposed = []
    elif fraction is not None:
        months = analysis["landmark_months"] or fraction / 5.0 * 7.0 / 30.4375
        cohort, lost = after_landmark(cohort, landmark_months=months)
        said = f"landmark at fraction {fraction} ({months:.2f} months), {lost} patients before it"
    elif exposed and (cohort["time_origin"] != "end").any():
        raise RefusedInput(
            f"outcomes, endpoint {endpoint}",
            "a landmark for exposures that are measured during treatment",
            "times from its start or randomisation, and no landmark",
            "state landmark_fraction or start_stop: otherwise time before an image counts as free "
            "of events",
        )
    cohort = cohort.join(_numbers(patients), on="patient_id", how="inner", maintain_order="left")
    if exposed:
        measured = patient_exposures(shifts, margins, up_to_fraction=fraction)
        cohort = cohort.join(measured, on="patient_id", how="inner", maintain_order="left")
    return cohort, said


def _refuse_start_stop(cohort: pl.DataFrame, analysis: Mapping[str, Any]) -> None:
    where = f"outcomes, endpoint {analysis['endpoint']}"
    if (cohort["time_origin"] == "end").any():
        raise RefusedInput(
            where, "times from the start of treatment or randomisation", "from its end",
            "leave start_stop out: the exposure is complete then",
        )  # fmt: skip
    if analysis["models"] != ["cox"] or "random_error_mm" in analysis["exposures"]:
        raise RefusedInput(
            where, "for start_stop the model cox, and errors that one image shows",
            "the model logistic, or random_error_mm", "use landmark_fraction for those",
        )  # fmt: skip


def _numbers(patients: pl.DataFrame) -> pl.DataFrame:
    """Text columns whose every value is a number, as numbers; ids stay text."""
    found = []
    for name in patients.columns:
        series = patients[name]
        if name != "patient_id" and series.dtype == pl.String:
            numbers = series.cast(pl.Float64, strict=False)
            if numbers.null_count() == series.null_count() and not numbers.is_nan().any():
                series = numbers
        found.append(series)
    return pl.DataFrame(found)
