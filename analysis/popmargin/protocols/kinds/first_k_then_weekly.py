"""Imaging of the first k fractions and then once a week, with online correction.

`weekly` under the name that trials use, with ``k`` for its ``first`` and one image a week: the
first k fraction numbers, then the first logged fraction of each block of five. With ``carry`` the
mean of the errors imaged so far corrects the other days.

Source: days 1, 2, 3 and then weekly, the control arm of STIC-IGRT: de Crevoisier R et al., Int J
Radiat Oncol Biol Phys 2018, doi 10.1016/j.ijrobp.2018.07.2006.
"""

from collections.abc import Mapping
from typing import Any, Final

from popmargin.protocols.courses import Courses
from popmargin.protocols.kinds.weekly import first_then_weekly
from popmargin.protocols.online import carry, online_rule, online_settings
from popmargin.protocols.parameter import ACTION_LEVEL, Parameter
from popmargin.protocols.protocol import Marks, ProtocolKind


def as_weekly(values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameter values as `weekly` names them.

    >>> as_weekly({"k": 3})["first"]
    3
    """
    return {**values, "first": values["k"], "per_week": 1}


def planned_images(courses: Courses, values: Mapping[str, Any]) -> Marks:
    """(n_rows,) 1 at the first k fraction numbers and then once in each block of five."""
    return first_then_weekly(courses, as_weekly(values))


FIRST_K_THEN_WEEKLY: Final = ProtocolKind(
    name="first_k_then_weekly",
    description="image the first k fractions, then weekly; correct online and perhaps carry over",
    source="de Crevoisier et al. 2018, doi 10.1016/j.ijrobp.2018.07.2006 (days 1-3, then weekly)",
    rule=online_rule,
    settings=lambda values: online_settings(as_weekly(values)),
    planned=planned_images,
    own_parameters=(
        Parameter("k", "whole", 3, "fractions imaged daily at the start", low=1),
        carry(default=True),
        *ACTION_LEVEL,
    ),
    corrects="online",
)
