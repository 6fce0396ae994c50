"""NAL shrunk towards the population: the mean of few images is only partly believed.

Assumption: the other patients of the cohort are like this one. Their raw ANOVA values give the
weight; a systematic variance that is not positive gives weight 0, so that every patient is
corrected by the mean of the others. Limits: with few patients the weight itself is uncertain.

Source: rule of ours; the weight is the best linear predictor (Searle, Casella & McCulloch,
Variance Components, 1992, ch. 7) applied to the NAL rule of de Boer & Heijmen 2001.
"""

from typing import Final

from popmargin.protocols.kinds.nal import mean_rule
from popmargin.protocols.parameter import LEARNING_IMAGES
from popmargin.protocols.protocol import ProtocolKind

NAL_SHRUNK: Final = ProtocolKind(
    name="nal_shrunk",
    description="NAL with the mean of the images shrunk towards the mean of the other patients",
    source="ours; best linear predictor on the rule of de Boer & Heijmen 2001",
    rule=mean_rule,
    settings=lambda values: (float(values["images"]), 1.0),
    own_parameters=(LEARNING_IMAGES,),
    learns_from="images",
    uses_others=True,
)
