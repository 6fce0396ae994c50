"""Weekly imaging, after daily imaging of the first fractions, with online correction.

Imaged are the fractions up to number ``first``, then the first logged fraction of each block of
five fraction numbers. ``per_week`` (ours) images more often, spread evenly over the logged
fractions of the block: 3 are the first, third and fifth, as "three times a week" in Graf 2009.
With ``carry`` the mean of the errors imaged so far corrects the other days.

Source: first days plus weekly imaging as replayed by Nyarambi 2015, J Radiother Pract; 1, 3 and 5
times a week in Graf R et al. 2009, Radiat Oncol 4:13.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from popmargin.protocols.courses import FRACTIONS_PER_WEEK, Courses
from popmargin.protocols.online import carry, online_rule, online_settings
from popmargin.protocols.parameter import ACTION_LEVEL, Parameter
from popmargin.protocols.protocol import Marks, ProtocolKind


def first_then_weekly(courses: Courses, values: Mapping[str, Any]) -> Marks:
    """(n_rows,) 1 at the first fractions and ``per_week`` times in each block of five.

    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> week = courses_from_arrays([[[0, 0, 0]] * 7])
    >>> first_then_weekly(week, {"first": 0, "per_week": 3}).tolist()
    [1, 0, 1, 0, 1, 1, 0]
    """
    per_week = values["per_week"]
    spread = courses.rank_in_week * per_week % FRACTIONS_PER_WEEK < per_week
    return np.asarray((courses.fraction <= values["first"]) | spread, dtype=np.uint8)


WEEKLY: Final = ProtocolKind(
    name="weekly",
    description="image the first fractions, then weekly; correct online and perhaps carry over",
    source="Graf et al. 2009, Radiat Oncol 4:13; Nyarambi 2015, J Radiother Pract",
    rule=online_rule,
    settings=online_settings,
    planned=first_then_weekly,
    own_parameters=(
        Parameter("first", "whole", 3, "fractions imaged daily at the start; 3 is an assumption"),
        Parameter("per_week", "whole", 1, "images a week", low=1, high=FRACTIONS_PER_WEEK),
        carry(default=True),
        *ACTION_LEVEL,
    ),
    corrects="online",
)
