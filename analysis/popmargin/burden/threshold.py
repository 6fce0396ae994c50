"""What would pay for more imaging: thresholds, because the effect itself has seldom been measured.

Assumptions: costs and effects against one reference; an avoided event saves its cost and its loss
of quality of life. Limits: a threshold says what would have to be true, not that it is.
"""

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange


def price_per_effect(cost_difference: float, effect_difference: float) -> float | None:
    """Money per unit of effect against the reference (the ICER), where it has a meaning.

    Parameters
    ----------
    cost_difference, effect_difference : against the reference, any sign.

    Returns
    -------
    ``None`` where no effect is gained: no price buys it. Negative where it also saves money.

    Examples
    --------
    >>> price_per_effect(900, 3), price_per_effect(900, 0)
    (300.0, None)
    """
    return cost_difference / effect_difference if effect_difference > 0 else None


def toxicity_reduction_needed(
    cost_difference: float,
    *,
    cost_per_event: float,
    qaly_loss_per_event: float = 0.0,
    willingness_to_pay: float = 0.0,
) -> float | None:
    """Absolute reduction of the share of patients with an event that would pay for the difference.

    Parameters
    ----------
    cost_difference : more cost per patient, money, any sign.
    cost_per_event : money per event, >= 0; qaly_loss_per_event : >= 0; willingness_to_pay : money
        per QALY, >= 0.

    Returns
    -------
    Share of patients (0 where nothing has to be paid for); ``None`` where more than every patient
    would have to be spared.

    Raises
    ------
    OutOfRange
        When an avoided event is worth nothing, or a value is negative.

    Examples
    --------
    EUR 900 more, EUR 2000 and 0.08 QALY an event at EUR 50 000 a QALY: 15 % of the patients.

    >>> toxicity_reduction_needed(900, cost_per_event=2000, qaly_loss_per_event=0.08,
    ...     willingness_to_pay=50000)
    0.15
    """
    worth = float(non_negative("cost_per_event", cost_per_event)) + float(
        non_negative("qaly_loss_per_event", qaly_loss_per_event)
    ) * float(non_negative("willingness_to_pay", willingness_to_pay))
    if worth == 0:
        raise OutOfRange("cost_per_event", "an avoided event worth more than 0", worth)
    needed = max(cost_difference, 0.0) / worth
    return needed if needed <= 1 else None
