"""Extended NAL: after learning, the offline correction is renewed at each weekly image.

``mean``: by the mean of all errors imaged so far. ``trend``: with more than the learning images
by ordinary least squares on the fraction number, extrapolated day by day (equal weights and daily
extrapolation are ours). Limits: without a true trend the regression is far noisier than the mean.

Source: de Boer HCJ, Heijmen BJM, Int J Radiat Oncol Biol Phys 2007;67:1586-95,
doi 10.1016/j.ijrobp.2006.11.050.
"""

from typing import Final

from popmargin.protocols.parameter import LEARNING_IMAGES, Parameter
from popmargin.protocols.protocol import Left, ProtocolKind, Seen


def extended_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Renew the offline correction at each image; see `popmargin.protocols.protocol.Rule`.

    The fraction number t is counted from the first logged one, which keeps the sums small.
    """
    x, y, fraction, settings = seen.x, left.y, seen.fraction, seen.settings
    needed, trend = int(settings[0]), settings[1] > 0.0
    images = 0
    sum_t, sum_tt = 0.0, 0.0
    sum_0, sum_1, sum_2 = 0.0, 0.0, 0.0
    sum_t0, sum_t1, sum_t2 = 0.0, 0.0, 0.0
    level_0, level_1, level_2 = 0.0, 0.0, 0.0
    slope_0, slope_1, slope_2 = 0.0, 0.0, 0.0
    for j in range(x.shape[0]):
        t = float(fraction[j] - fraction[0])
        y[j, 0] = x[j, 0] - (level_0 + slope_0 * t)
        y[j, 1] = x[j, 1] - (level_1 + slope_1 * t)
        y[j, 2] = x[j, 2] - (level_2 + slope_2 * t)
        if j >= needed and seen.planned[j] == 0:
            continue
        images += 1
        sum_0, sum_1, sum_2 = sum_0 + x[j, 0], sum_1 + x[j, 1], sum_2 + x[j, 2]
        if trend:
            sum_t, sum_tt = sum_t + t, sum_tt + t * t
            sum_t0 += t * x[j, 0]
            sum_t1 += t * x[j, 1]
            sum_t2 += t * x[j, 2]
        if images < needed:
            continue
        level_0, level_1, level_2 = sum_0 / images, sum_1 / images, sum_2 / images
        if trend and images > needed:
            middle = sum_t / images
            spread = sum_tt - sum_t * middle
            slope_0 = (sum_t0 - sum_t * level_0) / spread
            slope_1 = (sum_t1 - sum_t * level_1) / spread
            slope_2 = (sum_t2 - sum_t * level_2) / spread
            level_0 -= slope_0 * middle
            level_1 -= slope_1 * middle
            level_2 -= slope_2 * middle
    renewals = max(images - needed + 1, 0)
    for a in range(3):
        left.corrections[a] = renewals
        left.settled[a] = needed
    return images, renewals


ENAL: Final = ProtocolKind(
    name="enal",
    description="NAL, renewed at each weekly image by the mean of all images or by their trend",
    source="de Boer & Heijmen 2007, Int J Radiat Oncol Biol Phys 67:1586",
    rule=extended_rule,
    settings=lambda values: (float(values["images"]), float(values["model"] == "trend")),
    planned=lambda courses, _: courses.first_of_week,
    own_parameters=(
        LEARNING_IMAGES,
        Parameter(
            "model",
            "choice",
            "mean",
            "mean of all images, or straight line over the fraction number",
            choices=("mean", "trend"),
        ),
    ),
    learns_from="images",
)
