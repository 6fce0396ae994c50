"""What is believed of a record, as draws: Gamma, LogNormal, Beta and others by moments.

Assumptions: low and high are the 2.5 and 97.5 % points; the SD is their distance over 3.92, the
mean (LogNormal: the median) is the typical value. Records are independent of each other. Limits:
a skewed range does not keep its limits after moment matching; PERT and uniform end at them.

Source: probabilities Beta, costs and times Gamma, ratios and doses LogNormal, several shares
Dirichlet (Briggs, Claxton, Sculpher, Decision Modelling for Health Economic Evaluation 2006;
table of distributions of the reference data).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.burden.record import Record
from popmargin.core.checks import positive, whole
from popmargin.core.exceptions import RefusedInput
from popmargin.core.random_streams import random_stream

Floats = NDArray[np.float64]
_WIDTH: Final = 2 * 1.959963984540054


def draw_record(record: Record, draws: int, rng: np.random.Generator) -> Floats:
    """Draws of one record.

    Parameters
    ----------
    record : what is believed; draws : how many, >= 1; rng : source of the draws.

    Returns
    -------
    (draws,) in the unit of the record, >= 0.

    Raises
    ------
    RefusedInput
        When no distribution of the wanted kind has these moments.

    Examples
    --------
    >>> slot = Record("site.slot_minutes", 12, 15, 18, "min", "timing study", "site")
    >>> bool(abs(draw_record(slot, 4000, np.random.default_rng(1)).mean() - 15) < 0.1)
    True
    """
    n = whole("draws", draws)
    mean, sd = record.typical, (record.high - record.low) / _WIDTH
    if sd == 0 or record.distribution == "fixed":
        return np.full(n, mean)
    if record.distribution == "uniform":
        return rng.uniform(record.low, record.high, n)
    if record.distribution == "pert":
        return _pert(record, n, rng)
    if mean == 0:
        raise RefusedInput(
            f"{record.key}.distribution",
            "pert or uniform for a typical value of 0",
            record.distribution,
            "choose one of them",
        )
    if record.distribution == "lognormal":
        # From whichever limit is above 0; the median is the typical value.
        spread = np.log(record.high / (record.low or mean**2 / record.high)) / _WIDTH
        return np.asarray(rng.lognormal(np.log(mean), spread, n))
    if record.distribution == "beta":
        alpha, beta = beta_parameters(mean, sd, key=record.key)
        return rng.beta(alpha, beta, n)
    shape, scale = gamma_parameters(mean, sd)
    return rng.gamma(shape, scale, n)


def gamma_parameters(mean: float, sd: float) -> tuple[float, float]:
    """Shape and scale of the Gamma distribution with this mean and SD, both > 0.

    >>> gamma_parameters(10, 5)
    (4.0, 2.5)
    """
    m, s = float(positive("mean", mean)), float(positive("sd", sd))
    return m * m / (s * s), s * s / m


def beta_parameters(mean: float, sd: float, *, key: str = "mean") -> tuple[float, float]:
    """Alpha and beta of the Beta distribution with this mean and SD.

    Raises `RefusedInput` naming ``key`` when no Beta distribution has them: the variance must be
    below ``mean * (1 - mean)``.

    >>> tuple(round(value, 6) for value in beta_parameters(0.2, 0.1))
    (3.0, 12.0)
    """
    if not 0 < mean < 1 or not 0 < sd * sd < mean * (1 - mean):
        raise RefusedInput(
            key,
            "a mean between 0 and 1 and a variance below mean * (1 - mean)",
            f"mean {mean:g}, SD {sd:g}",
            "narrow the range, or choose pert",
        )
    common = mean * (1 - mean) / (sd * sd) - 1
    return mean * common, (1 - mean) * common


def draw_shares(counts: Sequence[float], draws: int, rng: np.random.Generator) -> Floats:
    """Dirichlet draws of shares that add to 1, from counts (prior included), each > 0.

    >>> draw_shares([8, 1, 1], 3, np.random.default_rng(1)).shape
    (3, 3)
    """
    return rng.dirichlet(positive("counts", counts), whole("draws", draws))


def draw_records(records: Mapping[str, Record], draws: int, seed: int) -> dict[str, Floats]:
    """Draws of every record, each from a stream of its own: another record changes none of them.

    >>> slot = Record("site.slot_minutes", 12, 15, 18, "min", "timing study", "site")
    >>> draw_records({slot.key: slot}, 2, 1)["site.slot_minutes"].shape
    (2,)
    """
    return {
        key: draw_record(record, draws, random_stream(seed, "burden", key))
        for key, record in records.items()
    }


def _pert(record: Record, draws: int, rng: np.random.Generator) -> Floats:
    """Beta-PERT: mode at the typical value, ends at the limits."""
    width = record.high - record.low
    alpha = 1 + 4 * (record.typical - record.low) / width
    beta = 1 + 4 * (record.high - record.typical) / width
    return record.low + width * rng.beta(alpha, beta, draws)
