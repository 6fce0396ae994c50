"""Plain-loop twin of the virtual patients: one patient, one point at a time, scalar formulae."""

import math
from statistics import NormalDist

from popmargin.margins.blurred_ball import ball_field_radius, blurred_ball_dose
from popmargin.outcomes.control import logistic_control
from popmargin.outcomes.fractionation import equivalent_dose_2gy
from popmargin.outcomes.ntcp import complication

NORMAL = NormalDist()


def target_dose(point, shift, blur, target, margin):
    """Relative dose at a point of the target of a shifted patient; equal margin and blur."""
    distance = math.sqrt(sum((p + s) ** 2 for p, s in zip(point, shift, strict=True)))
    field = ball_field_radius(
        target.dose_level, target.ctv_radius_mm + margin, target.penumbra_sd_mm
    )
    return blurred_ball_dose(distance, field, math.hypot(target.penumbra_sd_mm, blur))


def organ_dose(depth, shift, blur, target, organ, margin):
    """Relative dose in a layer of the organ: from the PTV's surface a normal fall-off."""
    edge = margin + NORMAL.inv_cdf(target.dose_level) * organ.fall_off_sd_mm
    place = depth + organ.sign * shift[organ.axis_index]
    inside = NORMAL.cdf((edge - place) / math.hypot(organ.fall_off_sd_mm, blur))
    return organ.background_share + (1 - organ.background_share) * inside


def mean_responses(shifts, blur, situation, margin, imaging_gy=0.0):
    """Mean NTCP, TCP and organ dose over the patients given."""
    points, weights = situation.target.points_mm()
    ntcp, tcp, dose = [], [], []
    for shift in shifts:
        organ = [
            situation.prescription_gy
            * organ_dose(depth, shift, blur, situation.target, situation.organ, margin)
            + imaging_gy
            for depth in situation.organ.depths_mm()
        ]
        shares = [1 / len(organ)] * len(organ)
        found = complication(organ, shares, situation.complications, fractions=situation.fractions)
        ntcp.append(found.ntcp)
        dose.append(sum(organ) / len(organ))
        target = [
            situation.prescription_gy * target_dose(point, shift, blur, situation.target, margin)
            for point in points
        ]
        control = situation.control
        equivalent = equivalent_dose_2gy(
            target, fractions=situation.fractions, alpha_beta_gy=control.alpha_beta_gy
        )
        tcp.append(
            logistic_control(equivalent, weights, d50_gy=control.d50_gy, gamma50=control.gamma50)
        )
    return tuple(sum(values) / len(values) for values in (ntcp, tcp, dose))
