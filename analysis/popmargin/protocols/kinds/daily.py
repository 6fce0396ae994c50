"""Daily online correction: every fraction is imaged and corrected at once.

Limits: without a stated residual nothing is left, which no couch and no matching achieves; the
replay flags that the margin then excludes it.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from popmargin.protocols.courses import Courses
from popmargin.protocols.online import online_rule, online_settings
from popmargin.protocols.parameter import ACTION_LEVEL
from popmargin.protocols.protocol import Marks, ProtocolKind


def every_fraction(courses: Courses, _values: Mapping[str, Any]) -> Marks:
    """(n_rows,) 1 at every logged fraction."""
    return np.ones(courses.fraction.size, dtype=np.uint8)


DAILY: Final = ProtocolKind(
    name="daily",
    description="image every fraction and correct online",
    source="definition",
    rule=online_rule,
    settings=online_settings,
    planned=every_fraction,
    own_parameters=ACTION_LEVEL,
    corrects="online",
)
