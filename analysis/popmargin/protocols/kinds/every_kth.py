"""Every k-th fraction is imaged and corrected online: fraction numbers 1, k + 1, 2 k + 1, ...

With ``carry`` the mean of the errors imaged so far corrects the other days, else they stay as they
are. A planned fraction that was not logged is not replaced by its neighbour (`weekly` does that).
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from popmargin.protocols.courses import Courses
from popmargin.protocols.online import carry, online_rule, online_settings
from popmargin.protocols.parameter import ACTION_LEVEL, Parameter
from popmargin.protocols.protocol import Marks, ProtocolKind


def every_kth_fraction(courses: Courses, values: Mapping[str, Any]) -> Marks:
    """(n_rows,) 1 at fraction numbers 1, k + 1, 2 k + 1, ...; k = 1 is every fraction."""
    return np.asarray((courses.fraction - 1) % values["k"] == 0, dtype=np.uint8)


EVERY_KTH: Final = ProtocolKind(
    name="every_kth",
    description="image every k-th fraction; correct online and perhaps carry over",
    source="definition; 1, 3 and 5 times a week are compared in Graf et al. 2009",
    rule=online_rule,
    settings=online_settings,
    planned=every_kth_fraction,
    own_parameters=(
        Parameter("k", "whole", 5, "distance between imaged fraction numbers", low=1),
        carry(default=False),
        *ACTION_LEVEL,
    ),
    corrects="online",
)
