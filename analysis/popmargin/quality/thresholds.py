"""Thresholds of the quality flags, each with its rationale; a config may state others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on a finding is a flag, and from when on it blocks margins.

    Attributes
    ----------
    warn_probability : a test warns where chance alone explains the data with less than this
        probability. Some twenty tests look at a table: 1 in 1,000 each keeps false warnings rare.
    block_probability : the same for flags that block margins. Blocking flags must stay under 1 %
        of clean tables; with some forty looks (radii, axes, sources) 1 in 100,000 each does that.
    material_share : share of rows (0 to 1) below which a fault only warns. Below 2 % no fault but
        gross values moves 2.5 Sigma + 0.7 sigma by more than 2 %.
    unit_ratio_low, unit_ratio_high : ratio of scales between two sets of patients that is taken for
        mm against cm (10, with room for chance and for patients who differ).
    unit_gap : factor by which no patient's scale may lie between the two sets. Patients' own random
        SDs (inverse gamma, shape 3; Herschtal 2012) hardly ever leave a gap of 2.5.
    step_share : share of patients with a step in their course from which margins are blocked; one
        in five steps costs about a millimetre, a few steps are daily life.
    rounding_share : share that q^2 / 12 has of the random variance from which rounding warns: 5 %
        of the variance are 2.5 % of sigma.
    missing_share : share of the fractions up to a patient's last one that are not there, from which
        their absence warns; every second day or less is then a schedule and only remarked.
    fewest_units, fewest_rows : smaller tables are not judged by tests (facts such as equal rows
        are still named): 5 patients cannot show a population.

    >>> Thresholds().block_probability
    1e-05
    """

    warn_probability: float = 1e-3
    block_probability: float = 1e-5
    material_share: float = 0.02
    unit_ratio_low: float = 5.0
    unit_ratio_high: float = 20.0
    unit_gap: float = 2.5
    step_share: float = 0.2
    rounding_share: float = 0.05
    missing_share: float = 0.1
    fewest_units: int = 5
    fewest_rows: int = 25
