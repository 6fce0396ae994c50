"""Who is given what in simulated trials: permuted blocks within centres, and those who cross over.

Assumes centres that recruit equally and blocks of two in random order, so that the arms are
balanced whenever recruitment stops. Limits: no other factor is balanced for.
"""

import numpy as np
from numpy.typing import NDArray


def draw_arms(
    count: int,
    patients_per_arm: int,
    rng: np.random.Generator,
    *,
    centres: int = 1,
    to_experimental: float = 0.0,
    to_control: float = 0.0,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Arms and treatments of ``count`` trials, and the centres of their patients.

    Parameters
    ----------
    count : trials, >= 1.  patients_per_arm : >= 1.  centres : >= 1.
    rng : source of all draws.
    to_experimental, to_control : shares of the control and the experimental arm that are given the
        other arm's treatment, 0 to below 1.

    Returns
    -------
    Arm and treatment (0 control, 1 experimental), each of shape (count, patients), and the centre
    from 0 of every patient, of shape (patients,).

    Examples
    --------
    >>> arm, treated, centre = draw_arms(3, 4, np.random.default_rng(1), centres=2)
    >>> arm.sum(axis=1).tolist(), (arm == treated).all(), centre.tolist()
    ([4, 4, 4], np.True_, [0, 1, 0, 1, 0, 1, 0, 1])
    """
    total = 2 * patients_per_arm
    place = np.arange(total)
    centre, block = place % centres, place // centres
    flip = rng.random((count, total // 2 + 1, centres)) < 0.5
    arm = (block % 2) ^ flip[:, block // 2, centre]
    crossing = np.array([to_experimental, to_control])
    treated = arm ^ (rng.random((count, total)) < crossing[arm])
    return arm, treated, centre
