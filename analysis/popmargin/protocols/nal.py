"""No action level (NAL): one offline correction by the mean of the first images.

Assumption: the systematic error is constant over the course. Limits: worse than no correction
when the systematic SD is below the random SD over the root of the number of images; a later
change of the patient is never seen.

Source: de Boer HCJ, Heijmen BJM, Int J Radiat Oncol Biol Phys 2001;50:1350-65.
"""

from typing import Final

import numpy as np

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
    learnt = min(needed, n)
    mean_0, mean_1, mean_2 = 0.0, 0.0, 0.0
    for j in range(learnt):
        y[j, 0], y[j, 1], y[j, 2] = x[j, 0], x[j, 1], x[j, 2]
        mean_0, mean_1, mean_2 = mean_0 + x[j, 0], mean_1 + x[j, 1], mean_2 + x[j, 2]
    left.settled[:] = needed
    if n < needed:
        return learnt, 0
    left.corrections[:] = 1
    mean_0, mean_1, mean_2 = mean_0 / needed, mean_1 / needed, mean_2 / needed
    if shrinks:
        weight = np.zeros(3)
        for a in range(3):
            if others[1, a] > 0.0:
                weight[a] = others[1, a] / (others[1, a] + others[2, a] / needed)
        mean_0 = others[0, 0] + weight[0] * (mean_0 - others[0, 0])
        mean_1 = others[0, 1] + weight[1] * (mean_1 - others[0, 1])
        mean_2 = others[0, 2] + weight[2] * (mean_2 - others[0, 2])
    for j in range(needed, n):
        y[j, 0], y[j, 1], y[j, 2] = x[j, 0] - mean_0, x[j, 1] - mean_1, x[j, 2] - mean_2
    return learnt, 1


NAL: Final = ProtocolKind(
    name="nal",
    description="after the first images, correct once by their mean (no action level)",
    source="de Boer & Heijmen 2001, Int J Radiat Oncol Biol Phys 50:1350",
    rule=mean_rule,
    settings=lambda values: (float(values["images"]), 0.0),
    own_parameters=(LEARNING_IMAGES,),
    learns_from="images",
)
