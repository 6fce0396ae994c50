"""What the reader of population errors must know: warnings on estimates, with their rationale."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from popmargin.core.axes import axis_unit
from popmargin.core.flags import Flag
from popmargin.statistics.heterogeneity import variance_heterogeneity

if TYPE_CHECKING:
    from popmargin.errors.population import AxisEstimate

# +-20 % (95 %) on Sigma needs at least 50 patients however many fractions (methods: precision).
PATIENTS_FOR_TWENTY_PERCENT: Final = 50
# Below this the two-sided 95 % interval of Sigma spans more than a factor of two.
FEW_PATIENTS: Final = 15
# At sigma^2 / n = 0.2 Sigma^2 the conventional estimate of Sigma is 10 % too large.
RANDOM_SHARE: Final = 0.2
# One test per group and axis: a 1 % level keeps false alarms rare over many of them.
UNEQUAL_P_VALUE: Final = 0.01


def group_remarks(group: str, estimates: Sequence["AxisEstimate"]) -> list[Flag]:
    """Flags on the estimates of one group (one estimator, all axes).

    Few patients, units that are not patients, estimates that are not there, a group mean that
    excludes 0, random error that swamps the spread of the means, patients with unequal sigma_i.
    """
    if not estimates:
        return []
    flags = _few_patients(group, estimates)
    first = estimates[0].source
    if first.data.group_count != first.n_patients:
        message = (
            f"group {group}: {first.data.group_count} units (patient x course x plan) of "
            f"{first.n_patients} patients: a new plan is a new reference and so a unit of its own"
        )
        flags.append(Flag("units_differ_from_patients", "info", message))
    for estimate in estimates:
        flags += _axis_remarks(group, estimate)
    return flags


def _few_patients(group: str, estimates: Sequence["AxisEstimate"]) -> list[Flag]:
    patients = min(estimate.source.n_patients for estimate in estimates)
    if patients >= PATIENTS_FOR_TWENTY_PERCENT:
        return []
    severity = "warn" if patients < FEW_PATIENTS else "info"
    message = (
        f"group {group}: {patients} patients; +-20 % on the systematic error needs at least "
        f"{PATIENTS_FOR_TWENTY_PERCENT}, however many fractions"
    )
    return [Flag("few_patients", severity, message, patients=patients)]  # type: ignore[arg-type]


def _axis_remarks(group: str, item: "AxisEstimate") -> list[Flag]:
    place = f"group {group}, axis {item.axis}"
    parts = item.estimate.components
    flags = [
        Flag("not_estimable", "warn", f"{place}: {reason}") for reason in item.estimate.reasons
    ]
    mean = item.estimate.mean
    if mean is not None and (mean.low > 0 or mean.high < 0):
        message = (
            f"{place}: the group mean {parts.mean:.2f} {axis_unit(item.axis)} excludes 0: look for "
            "a cause and correct it; no recipe's margin contains it"
        )
        flags.append(Flag("group_mean_excludes_zero", "warn", message))
    flags += _random_share(place, item)
    if parts.within_variance:
        test = variance_heterogeneity(item.source.data)
        if test is not None and test.p_value < UNEQUAL_P_VALUE:
            message = (
                f"{place}: patients differ in their random error (p = {test.p_value:.1g}): one "
                "random SD describes none of them well"
            )
            flags.append(Flag("unequal_random_sd", "warn", message))
    return flags


def _random_share(place: str, item: "AxisEstimate") -> list[Flag]:
    parts = item.estimate.components
    if parts.between_variance is None or parts.within_variance is None:
        return []
    # Of the conventional estimate the random part has to come off first.
    noise = parts.within_variance / item.source.data.by_size.harmonic_size
    between = parts.between_variance - (noise if item.estimator == "conventional" else 0.0)
    if between <= 0 and noise > 0:
        message = (
            f"{place}: the spread of patient means is no larger than the random error alone would "
            "make it: the systematic SD is 0 within its interval, not known to be 0"
        )
        return [Flag("systematic_variance_negative", "warn", message)]
    if noise > RANDOM_SHARE * between:
        message = (
            f"{place}: sigma^2/n is {noise / between:.0%} of Sigma^2; the SD of patient means "
            "overstates the systematic error, use anova or reml"
        )
        return [Flag("random_error_in_means", "warn", message)]
    return []
