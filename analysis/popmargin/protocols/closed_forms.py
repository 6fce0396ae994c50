"""Closed forms of what protocols leave: the pocket-calculator checks of every replay.

Assumptions: x_ij = s_i + r_ij with normal, independent s of SD Sigma and r of SD sigma, in mm, the
same sigma in all patients; population errors known where a rule needs them.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import non_negative, positive, whole
from popmargin.core.exceptions import OutOfRange


@dataclass(frozen=True, slots=True)
class NalErrors:
    """What NAL leaves on one axis, SDs in mm.

    Attributes
    ----------
    settled_systematic_sd_mm : SD of the error of the correction, sigma / sqrt(images).
    shrunk_systematic_sd_mm : the same with the best weights of `nal_shrunk`.
    course_systematic_sd_mm : SD of the patient's true mean error over the whole course.
    course_mean_sd_mm : SD of the patient's mean over the fractions of the course.
    random_sd_mm : root of the expected mean square within the whole course.
    """

    settled_systematic_sd_mm: float
    shrunk_systematic_sd_mm: float
    course_systematic_sd_mm: float
    course_mean_sd_mm: float
    random_sd_mm: float


def nal_errors(
    systematic_sd_mm: float, random_sd_mm: float, *, images: int, fractions: int
) -> NalErrors:
    """What NAL with ``images`` learning images leaves over ``fractions`` fractions.

    Raises `OutOfRange` for a negative SD, fewer than one image or no more fractions than images.

    Source: rule of de Boer & Heijmen 2001, Int J Radiat Oncol Biol Phys 50:1350; algebra ours.

    >>> nal_errors(3, 2, images=4, fractions=30).settled_systematic_sd_mm
    1.0
    """
    between = float(non_negative("systematic_sd_mm", systematic_sd_mm)) ** 2
    within = float(non_negative("random_sd_mm", random_sd_mm)) ** 2
    learnt = whole("images", images)
    n = whole("fractions", fractions, at_least=learnt + 1)
    noise = within / learnt
    early, late = learnt / n, (n - learnt) / n
    late_noise = within / (n - learnt)
    # The correction enters the course mean twice: as errors of the early part, off the late one.
    course_mean = early**2 * between + (early - late) ** 2 * noise + late**2 * late_noise
    # Squares: within both parts, and the step s + 2 (noise of the images) - (noise of the rest).
    step = between + 4.0 * noise + late_noise
    squares = (n - 2) * within + early * late * n * step
    return NalErrors(
        settled_systematic_sd_mm=sqrt(noise),
        shrunk_systematic_sd_mm=sqrt(between * noise / (between + noise)) if noise else 0.0,
        course_systematic_sd_mm=sqrt(early**2 * between + late**2 * noise),
        course_mean_sd_mm=sqrt(course_mean),
        random_sd_mm=sqrt(squares / (n - 1)),
    )


@dataclass(frozen=True, slots=True)
class OnlineErrors:
    """What online corrections leave on one axis: SDs in mm, and the corrected share."""

    systematic_sd_mm: float
    random_sd_mm: float
    corrected_share: float


def same_day_errors(
    systematic_sd_mm: float,
    random_sd_mm: float,
    *,
    imaged_share: float,
    residual_sd_mm: float = 0.0,
) -> OnlineErrors:
    """Online correction of a share of the fractions, nothing carried over, many fractions.

    ``imaged_share`` in [0, 1]; raises `OutOfRange` outside it or for a negative SD. Source: ours;
    Sigma (1 - f), and sigma^2 (1 - f) + f residual^2 + f (1 - f) Sigma^2.

    >>> left = same_day_errors(3, 2, imaged_share=0.2, residual_sd_mm=1)
    >>> round(left.systematic_sd_mm, 12), round(left.random_sd_mm, 12)
    (2.4, 2.2)
    """
    between = float(non_negative("systematic_sd_mm", systematic_sd_mm))
    within = float(non_negative("random_sd_mm", random_sd_mm))
    residual = float(non_negative("residual_sd_mm", residual_sd_mm))
    f = float(imaged_share)
    if not 0.0 <= f <= 1.0:
        raise OutOfRange("imaged_share", "a number from 0 to 1", imaged_share)
    random = (1.0 - f) * within**2 + f * residual**2 + f * (1.0 - f) * between**2
    return OnlineErrors((1.0 - f) * between, sqrt(random), f)


def threshold_errors(
    systematic_sd_mm: float,
    random_sd_mm: float,
    threshold_mm: float,
    *,
    residual_sd_mm: float = 0.0,
) -> OnlineErrors:
    """Daily online correction of what exceeds a threshold on one axis, many fractions.

    Moments of the truncated normal x ~ N(s, sigma) within the threshold, averaged over s.

    Parameters: SDs in mm, >= 0 (``random_sd_mm`` > 0); ``threshold_mm`` >= 0. Raises `OutOfRange`.
    Source: truncated-normal moments, Johnson NL, Kotz S, Balakrishnan N, Continuous Univariate
    Distributions vol. 1, 2nd ed. 1994, section 13.10.

    >>> left = threshold_errors(3, 3, 5, residual_sd_mm=1)
    >>> round(left.systematic_sd_mm, 3), round(left.random_sd_mm, 3), round(left.corrected_share, 3)
    (0.978, 2.13, 0.239)
    """
    from scipy.special import ndtr

    between = float(non_negative("systematic_sd_mm", systematic_sd_mm))
    within = float(positive("random_sd_mm", random_sd_mm))
    limit = float(non_negative("threshold_mm", threshold_mm))
    residual = float(non_negative("residual_sd_mm", residual_sd_mm))
    # Smooth integrands that vanish at both ends: equal steps converge faster than any power.
    deviate = np.linspace(-9.0, 9.0, 3601)
    weight = np.exp(-0.5 * deviate * deviate)
    weight /= weight.sum()
    s = between * deviate
    low, high = (-limit - s) / within, (limit - s) / within
    kept = ndtr(high) - ndtr(low)
    density_low, density_high = (np.exp(-0.5 * z * z) / sqrt(2.0 * np.pi) for z in (low, high))
    first = s * kept + within * (density_low - density_high)
    second = (s * s + within**2) * kept + within * (
        (s - limit) * density_low - (s + limit) * density_high
    )
    second += residual**2 * (1.0 - kept)
    return OnlineErrors(
        sqrt(weight @ (first * first)),
        sqrt(weight @ (second - first * first)),
        float(weight @ (1.0 - kept)),
    )


def prediction_sd(imaged: ArrayLike, predicted: float, *, trend: bool) -> float:
    """SD of a prediction from imaged fractions, in units of sigma: mean or straight line.

    Parameters
    ----------
    imaged : fraction numbers that were imaged; at least one, for a trend two different ones.
    predicted : fraction number that is predicted.
    trend : ordinary least squares on the fraction number, else the mean.

    Raises `OutOfRange` when there are too few. Source: Draper NR, Smith H, Applied Regression
    Analysis, 3rd ed. 1998, section 1.4 (SD of the mean response).

    >>> round(prediction_sd([1, 2, 3], 4, trend=True), 9)
    1.527525232
    """
    t = np.asarray(imaged, dtype=np.float64)
    if t.ndim != 1 or t.size == 0 or (trend and np.ptp(t) == 0):
        raise OutOfRange("imaged", "fraction numbers, for a trend two different ones", imaged)
    variance = 1.0 / t.size
    if trend:
        centred = t - t.mean()
        variance += float((predicted - t.mean()) ** 2 / (centred @ centred))
    return sqrt(variance)


def cover_first_failure(*, images: int, limit_sd: float = 3.0, axes: int = 3) -> float:
    """Probability that the first check of COVER fails although sigma is the same in all patients.

    ``images`` >= 1 learning images, ``limit_sd`` > 0 the limit in random SDs, ``axes`` >= 1 that
    are checked. Raises `OutOfRange`. Source: ours; the error checked has variance
    sigma^2 (1 + 1/images), rule of de Boer & Heijmen 2002, Med Phys 29:1998.

    >>> round(cover_first_failure(images=3, axes=1), 7), round(cover_first_failure(images=3), 7)
    (0.0093748, 0.0278615)
    """
    from scipy.special import ndtr

    sd = sqrt(1.0 + 1.0 / whole("images", images))
    one = 2.0 * float(ndtr(-float(positive("limit_sd", limit_sd)) / sd))
    return 1.0 - (1.0 - one) ** whole("axes", axes)


@dataclass(frozen=True, slots=True)
class KalmanSteadyState:
    """Where a scalar random-walk filter settles: variances in mm2 and the gain."""

    predicted_variance_mm2: float
    filtered_variance_mm2: float
    gain: float


def kalman_steady_state(process_sd_mm: float, random_sd_mm: float) -> KalmanSteadyState:
    """Steady state of the `kalman` protocol with an image every fraction.

    ``process_sd_mm`` >= 0, ``random_sd_mm`` > 0; raises `OutOfRange`. Source: positive root of
    P = P r / (P + r) + q (Kalman 1960, J Basic Eng 82:35).

    >>> round(kalman_steady_state(1, 2).gain, 9)
    0.390388203
    """
    q = float(non_negative("process_sd_mm", process_sd_mm)) ** 2
    r = float(positive("random_sd_mm", random_sd_mm)) ** 2
    predicted = 0.5 * (q + sqrt(q * q + 4.0 * q * r))
    gain = predicted / (predicted + r)
    return KalmanSteadyState(predicted, predicted * (1.0 - gain), gain)
