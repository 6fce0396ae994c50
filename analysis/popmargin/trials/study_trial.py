"""The trial that a study's config asks for: size, operating characteristics, sensitivity, centres.

Assumptions: the risks of the arms are those stated with their source, or the mean complication
probabilities of two arms of the geometric model; everything of `popmargin.trials.simulation`.

Limits: a model's difference is an assumption like any other, and the band of the model is wide: the
sensitivity table says what the trial would need if the truth lay elsewhere. Whether a centre may
join is judged by its set-up errors alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.outcomes.evidence import describe_evidence
from popmargin.trials.cluster import cluster
from popmargin.trials.normal import round_up
from popmargin.trials.proportions import two_proportions, two_proportions_power
from popmargin.trials.simulation import TrialPlan, simulate_trial, without_complications

Row = dict[str, Any]
CURVE_PATIENTS: Final = (
    20, 30, 40, 60, 80, 100, 130, 160, 200, 250, 320, 400, 500, 650, 800, 1000, 1300, 1600, 2000,
)  # fmt: skip
_SIMULATED: Final = (
    "risk_control", "risk_experimental", "trials", "power", "power_standard_error",
    "stopped_early", "stopped_early_standard_error", "patients_expected", "patients_analysed",
    "difference", "difference_standard_error", "true_difference", "coverage",
)  # fmt: skip


def assumed_risks(trial: Mapping[str, Any], chain: Sequence[Mapping[str, Any]]) -> Row:
    """Risks of both arms: stated in the config, or those of two arms of the geometric model.

    Parameters
    ----------
    trial : the config's ``trial``; chain : rows of contract ``outcome_chain``.

    Returns
    -------
    ``risk_control``, ``risk_experimental``, ``risk_source``, and ``difference_low`` and ``_high``
    where the model has a band.

    Raises
    ------
    WrongUsage
        When an arm is not in the model, or neither risks nor arms are stated.
    NotEstimable
        When the arm has no complication probability.

    Examples
    --------
    >>> assumed_risks({"risk_control": 0.43, "risk_experimental": 0.24, "risk_source": "x"}, [])[
    ...     "risk_control"]
    0.43
    """
    stated = trial.get("risk_control"), trial.get("risk_experimental")
    if None not in stated:
        source = trial.get("risk_source") or "stated in the config without a source"
        return {"risk_control": stated[0], "risk_experimental": stated[1], "risk_source": source,
                "difference_low": None, "difference_high": None}  # fmt: skip
    found = []
    for role in ("control_arm", "experimental_arm"):
        wanted = trial.get(role)
        rows = [row for row in chain if row["group"] == trial["group"] and row["arm"] == wanted]
        if not rows:
            arms = ", ".join(str(r["arm"]) for r in chain if r["group"] == trial["group"]) or "none"
            raise WrongUsage(f"trial.{role}: no arm {wanted!r} in group {trial['group']}: {arms}")
        if rows[0]["ntcp"] is None:
            raise NotEstimable(f"arm {wanted} has no complication probability")
        found.append(rows[0])
    control, experimental = found
    # Both differences have one reference; their own difference keeps no band of its own.
    own = control["reference"] == control["arm"]
    return {
        "risk_control": control["ntcp"],
        "risk_experimental": experimental["ntcp"],
        "risk_source": f"geometric model, set {experimental['ntcp_set']} "
        f"({experimental['status']}); arms {control['arm']} and {experimental['arm']}",
        "difference_low": experimental["ntcp_difference_low"] if own else None,
        "difference_high": experimental["ntcp_difference_high"] if own else None,
    }


def design_trial(
    trial: Mapping[str, Any], chain: Sequence[Mapping[str, Any]], *, seed: int
) -> tuple[list[Row], list[Row], list[Row]]:
    """Rows of contracts ``trial_design``, ``trial_operating`` and ``trial_sensitivity``.

    Parameters
    ----------
    trial : the config's ``trial`` with defaults.
    chain : rows of contract ``outcome_chain``; empty where risks are stated.
    seed : of the simulation, >= 0.

    Raises
    ------
    WrongUsage, NotEstimable, OutOfRange
        As `assumed_risks` and `two_proportions` (equal risks have no size).

    Examples
    --------
    >>> trial = {"risk_control": 0.434, "risk_experimental": 0.244, "risk_source": "MIRAGE",
    ...     "power": 0.8, "alpha": 0.05, "to_control": 0.0, "to_experimental": 0.0, "drop_out": 0.0,
    ...     "interim_share": None, "centres": 1, "centre_sd": 0.0, "cluster_icc": None,
    ...     "simulated_trials": 500, "patients_per_arm": None}
    >>> design, operating, sensitivity = design_trial(trial, [], seed=1)
    >>> design[0]["patients_per_arm"], len(operating) >= 3
    (97, True)
    """
    risks = assumed_risks(trial, chain)
    control, experimental = risks["risk_control"], risks["risk_experimental"]
    diluted = _diluted(control, experimental, trial)
    plain = two_proportions(control, experimental, power=trial["power"], alpha=trial["alpha"])
    inflated = two_proportions(*diluted, power=trial["power"], alpha=trial["alpha"])
    randomised = round_up(inflated.patients_per_arm / (1.0 - trial["drop_out"]))
    chosen = trial["patients_per_arm"] or randomised
    clusters = None
    if trial["cluster_icc"] is not None:
        size = chosen * 2 / trial["centres"]
        clusters = cluster(chosen, cluster_size=size, icc=trial["cluster_icc"])
    design = {
        **risks,
        "power": trial["power"],
        "alpha": trial["alpha"],
        "patients_per_arm_plain": plain.patients_per_arm,
        "patients_per_arm_diluted": inflated.patients_per_arm,
        "patients_per_arm": chosen,
        "patients": 2 * chosen,
        "to_control": trial["to_control"],
        "to_experimental": trial["to_experimental"],
        "drop_out": trial["drop_out"],
        "interim_share": trial["interim_share"],
        "centres": trial["centres"],
        "patients_per_arm_clustered": clusters.patients_per_arm if clusters else None,
        "formula_status": plain.formula_status,
    }
    plan = TrialPlan(
        chosen,
        trial["alpha"],
        trial["to_control"],
        trial["to_experimental"],
        trial["drop_out"],
        trial["interim_share"],
        trial["centres"],
        trial["centre_sd"],
    )
    operating = _operating(plan, control, experimental, trial["simulated_trials"], seed)
    return [design], operating, _sensitivity(risks, trial)


def power_curves(sensitivity: Sequence[Mapping[str, Any]], trial: Mapping[str, Any]) -> list[Row]:
    """Power against patients an arm for the assumed effect and those published, by the closed form.

    Parameters
    ----------
    sensitivity : rows of `design_trial`; trial : the config's ``trial``, for alpha.

    Returns
    -------
    Contract ``trial_power``: 20 to 2,000 patients an arm.

    Examples
    --------
    >>> rows = power_curves([{"case": "assumed", "risk_control": 0.434, "risk_experimental": 0.244,
    ...     "patients_per_arm": 97}], {"alpha": 0.05})
    >>> rows[0]["patients_per_arm"], rows[-1]["power"] > 0.99
    (20, True)
    """
    return [
        {
            "case": row["case"],
            "patients_per_arm": patients,
            "power": two_proportions_power(
                row["risk_control"],
                row["risk_experimental"],
                patients_per_arm=patients,
                alpha=trial["alpha"],
            ),
        }
        for row in sensitivity
        if row["patients_per_arm"] is not None
        for patients in CURVE_PATIENTS
    ]


def judge_centres(margin_coverage: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Which groups (centres) keep the wanted coverage with the margin in use.

    Parameters
    ----------
    margin_coverage : rows of contract ``margin_coverage``; those of the margin in use count.

    Returns
    -------
    Contract ``trial_centres``: ``may join`` when the whole interval reaches the wanted share, ``not
    with this margin`` when none of it does, ``not shown yet`` in between (more patients decide).

    Examples
    --------
    >>> row = {"kind": "present", "group": "A", "n_patients": 30, "coverage": 0.95,
    ...     "coverage_low": 0.91, "coverage_high": 0.97, "population": 0.9, "reason": None,
    ...     "margin_lr_mm": 7.0, "margin_si_mm": 7.0, "margin_ap_mm": 7.0, "covers": "set-up"}
    >>> judge_centres([row])[0]["verdict"]
    'may join'
    """
    found = []
    for row in margin_coverage:
        if row["kind"] != "present":
            continue
        low, high, wanted = row["coverage_low"], row["coverage_high"], row["population"]
        if row["coverage"] is None or low is None or high is None:
            verdict = row["reason"] or "not estimable"
        elif low >= wanted:
            verdict = "may join"
        else:
            verdict = "not with this margin" if high < wanted else "not shown yet"
        names = ("group", "n_patients", "margin_lr_mm", "margin_si_mm", "margin_ap_mm",
                 "coverage", "coverage_low", "coverage_high", "population", "covers")  # fmt: skip
        found.append({name: row.get(name) for name in names} | {"verdict": verdict})
    return found


def _diluted(control: float, experimental: float, trial: Mapping[str, Any]) -> tuple[float, float]:
    """Risks by intention to treat."""
    return (
        control + trial["to_experimental"] * (experimental - control),
        experimental + trial["to_control"] * (control - experimental),
    )


def _operating(
    plan: TrialPlan, control: float, experimental: float, trials: int, seed: int
) -> list[Row]:
    plain = without_complications(plan)
    cases = [
        ("no complication, one centre", plain, control, experimental),
        ("as planned", plan, control, experimental),
        ("as planned, no effect (type I error)", plan, control, control),
    ]
    if plan.centres > 1 and plan.centre_sd > 0.0:
        pooled = replace(plan, stratified=False)
        words = "as planned, test not stratified by centre"
        cases.insert(2, (words, pooled, control, experimental))
    rows = []
    for name, how, low, high in cases:
        found = simulate_trial(
            low, high, how, trials=trials, rng=random_stream(seed, "trial", name)
        )
        closed = None
        if how is plain:
            closed = two_proportions_power(
                low, high, patients_per_arm=how.patients_per_arm, alpha=how.alpha
            )
        rows.append(
            {"case": name, "patients_per_arm": how.patients_per_arm, "power_formula": closed}
            | {key: getattr(found, key) for key in _SIMULATED}
        )
    return rows


def _sensitivity(risks: Mapping[str, Any], trial: Mapping[str, Any]) -> list[Row]:
    """Size for the assumed effect, the ends of its band, and effects that trials have published."""
    control = risks["risk_control"]
    cases = [("assumed", control, risks["risk_experimental"], risks["risk_source"])]
    for end, words in (("low", "largest"), ("high", "smallest")):
        change = risks[f"difference_{end}"]
        if change is not None:
            cases.append((f"{words} difference of the band", control, control + change,
                          risks["risk_source"]))  # fmt: skip
    cases += [
        (f"{row['study']}: {row['endpoint']}", row["risk_control"], row["risk_experimental"],
         f"{row['source']} ({row['status']})")
        for row in describe_evidence()
        if row["kind"] == "study" and row["risk_control"] and row["risk_experimental"] is not None
    ]  # fmt: skip
    rows = []
    for name, first, second, source in cases:
        row: Row = {"case": name, "risk_control": first, "risk_experimental": second,
                    "source": source, "reason": None, "patients_per_arm": None}  # fmt: skip
        if 0.0 < first < 1.0 and 0.0 < second < 1.0 and first != second:
            row["patients_per_arm"] = two_proportions(
                first, second, power=trial["power"], alpha=trial["alpha"]
            ).patients_per_arm
        else:
            row["reason"] = "no size: a risk of 0 or 1, or no difference"
        rows.append(row)
    return rows
