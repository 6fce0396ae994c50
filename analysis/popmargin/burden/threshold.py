"""What would pay for more imaging: thresholds, because the effect itself has seldom been measured.

Assumptions: costs and effects against one reference; an avoided event saves its cost and its loss
of quality of life. Limits: a threshold says what would have to be true, not that it is.
"""

from popmargin.core.checks import non_negative, positive


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


def worth_of_event(
    cost_per_event: float, *, qaly_loss_per_event: float = 0.0, willingness_to_pay: float = 0.0
) -> float:
    """What avoiding one event is worth: its cost and the value of the quality of life it takes.

    Parameters
    ----------
    cost_per_event : money, >= 0; qaly_loss_per_event : >= 0; willingness_to_pay : money per QALY,
        >= 0.

    Raises
    ------
    OutOfRange
        When a value is negative.

    Examples
    --------
    >>> worth_of_event(2000, qaly_loss_per_event=0.08, willingness_to_pay=50000)
    6000.0
    """
    return float(non_negative("cost_per_event", cost_per_event)) + float(
        non_negative("qaly_loss_per_event", qaly_loss_per_event)
    ) * float(non_negative("willingness_to_pay", willingness_to_pay))


def toxicity_reduction_needed(cost_difference: float, worth: float) -> float | None:
    """Absolute reduction of the share of patients with an event that would pay for the difference.

    Parameters
    ----------
    cost_difference : more cost per patient, money, any sign.
    worth : of an avoided event, money, > 0; see `worth_of_event`.

    Returns
    -------
    Share of patients (0 where nothing has to be paid for); ``None`` where more than every patient
    would have to be spared.

    Raises
    ------
    OutOfRange
        When an avoided event is worth nothing.

    Examples
    --------
    EUR 900 more and events worth EUR 6000 each: 15 % of the patients.

    >>> toxicity_reduction_needed(900, 6000)
    0.15
    """
    needed = max(cost_difference, 0.0) / float(positive("worth", worth))
    return needed if needed <= 1 else None
