"""The queue at the machine: what happens to a day whose patients take longer than their slots.

Assumptions: one machine; patients arrive at the start of their slots and are treated in that
order; room times are Gamma distributed around their mean and independent; those imaged take the
minutes of an image more. Limits: no breaks, nobody late, nobody missing; a real day catches up in
ways that are not modelled here. The waiting time is Lindley's recursion, simulated.
"""

from dataclasses import dataclass

import numpy as np

from popmargin.burden.distributions import gamma_parameters
from popmargin.core.checks import non_negative, positive, whole
from popmargin.core.exceptions import OutOfRange


@dataclass(frozen=True, slots=True)
class MachineDay:
    """A simulated day, in minutes; standard errors are those of the simulation.

    Attributes
    ----------
    waiting_minutes, waiting_standard_error : mean wait of a patient for the machine.
    longest_waiting_minutes : of the patient of the day who waits longest, mean over days.
    overtime_minutes, overtime_standard_error : end of treatment after the last slot's end.
    """

    waiting_minutes: float
    waiting_standard_error: float
    longest_waiting_minutes: float
    overtime_minutes: float
    overtime_standard_error: float


def simulate_machine_day(
    *,
    patients: int,
    slot_minutes: float,
    treatment_minutes: float,
    treatment_sd_minutes: float,
    added_minutes: float,
    imaged_share: float,
    rng: np.random.Generator,
    days: int = 400,
) -> MachineDay:
    """Waiting and overtime of days with ``patients`` slots.

    Parameters
    ----------
    patients : slots of a day, >= 1.
    slot_minutes, treatment_minutes : > 0; treatment_sd_minutes : >= 0.
    added_minutes : of an image, >= 0; imaged_share : share of patients imaged on a day, 0 to 1.
    rng : source of the draws; days : simulated, >= 2.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Notes
    -----
    Source: Lindley DV, Proc Camb Phil Soc 1952;48:277 [recalled]: W' = max(0, W + S - slot).

    Examples
    --------
    Every patient takes 3 min more than the slot: the second waits 3, the third 6.

    >>> day = simulate_machine_day(patients=3, slot_minutes=15, treatment_minutes=15,
    ...     treatment_sd_minutes=0, added_minutes=3, imaged_share=1, rng=np.random.default_rng(1))
    >>> day.waiting_minutes, day.longest_waiting_minutes, day.overtime_minutes
    (3.0, 6.0, 9.0)
    """
    if not 0 <= imaged_share <= 1:
        raise OutOfRange("imaged_share", "a number from 0 to 1", imaged_share)
    shape = (whole("days", days, at_least=2), whole("patients", patients))
    slot = float(positive("slot_minutes", slot_minutes))
    mean = float(positive("treatment_minutes", treatment_minutes))
    sd = float(non_negative("treatment_sd_minutes", treatment_sd_minutes))
    times = rng.gamma(*gamma_parameters(mean, sd), shape) if sd else np.full(shape, mean)
    imaged = rng.random(shape) < imaged_share
    times = times + imaged * float(non_negative("added_minutes", added_minutes))

    waiting = np.zeros(shape)
    for place in range(1, shape[1]):
        before = waiting[:, place - 1] + times[:, place - 1]
        waiting[:, place] = np.maximum(0.0, before - slot)
    overtime = np.maximum(0.0, waiting[:, -1] + times[:, -1] - slot)
    per_day = waiting.mean(axis=1)
    root = np.sqrt(shape[0])
    return MachineDay(
        float(per_day.mean()),
        float(per_day.std(ddof=1) / root),
        float(waiting.max(axis=1).mean()),
        float(overtime.mean()),
        float(overtime.std(ddof=1) / root),
    )
