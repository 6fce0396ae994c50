"""No action level (NAL): one offline correction by the mean of the first images.

Assumption: the systematic error is constant over the course. Limits: worse than no correction
when the systematic SD is below the random SD over the root of the number of images; a later
change of the patient is never seen.

Source: de Boer HCJ, Heijmen BJM, Int J Radiat Oncol Biol Phys 2001;50:1350-65.
"""

from typing import Final

from popmargin.protocols.parameter import LEARNING_IMAGES
from popmargin.protocols.protocol import Left, ProtocolKind, Seen


def mean_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Correct once by the mean of the first images, shrunk when ``settings[1]`` says so.

    The correction is M + w (mean - M): w = 1 for the plain rule, else
    w = Sigma^2 / (Sigma^2 + sigma^2 / images) from the other patients.
    """
    x, y = seen.x, left.y
    others, settings = seen.others, seen.settings
    needed, shrinks = int(settings[0]), settings[1] > 0.0
    n = x.shape[0]
    sum_0, sum_1, sum_2 = 0.0, 0.0, 0.0
    correction_0, correction_1, correction_2 = 0.0, 0.0, 0.0
    for j in range(n):
        if j < needed:
            sum_0, sum_1, sum_2 = sum_0 + x[j, 0], sum_1 + x[j, 1], sum_2 + x[j, 2]
        if j == needed:
            correction_0, correction_1, correction_2 = (
                sum_0 / needed,
                sum_1 / needed,
                sum_2 / needed,
            )
            if shrinks:
                mean_0, mean_1, mean_2 = others[0, 0], others[0, 1], others[0, 2]
                between_0, between_1, between_2 = others[1, 0], others[1, 1], others[1, 2]
                weight_0 = (
                    between_0 / (between_0 + others[2, 0] / needed) if between_0 > 0.0 else 0.0
                )
                weight_1 = (
                    between_1 / (between_1 + others[2, 1] / needed) if between_1 > 0.0 else 0.0
                )
                weight_2 = (
                    between_2 / (between_2 + others[2, 2] / needed) if between_2 > 0.0 else 0.0
                )
                correction_0 = mean_0 + weight_0 * (correction_0 - mean_0)
                correction_1 = mean_1 + weight_1 * (correction_1 - mean_1)
                correction_2 = mean_2 + weight_2 * (correction_2 - mean_2)
        y[j, 0] = x[j, 0] - correction_0
        y[j, 1] = x[j, 1] - correction_1
        y[j, 2] = x[j, 2] - correction_2
    left.settled[0] = left.settled[1] = left.settled[2] = needed
    if n < needed:
        return n, 0
    left.corrections[0] = left.corrections[1] = left.corrections[2] = 1
    return needed, 1


NAL: Final = ProtocolKind(
    name="nal",
    description="after the first images, correct once by their mean (no action level)",
    source="de Boer & Heijmen 2001, Int J Radiat Oncol Biol Phys 50:1350",
    rule=mean_rule,
    settings=lambda values: (float(values["images"]), 0.0),
    own_parameters=(LEARNING_IMAGES,),
    learns_from="images",
)
