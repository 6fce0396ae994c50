"""Postponement: a patient whose filling is beyond a limit is not treated now but later.

Every fraction is imaged and the filling on the image (a rectal diameter, a bladder volume) compared
with a limit. Beyond it the patient leaves the table, empties or fills, is imaged again and treated
later; no position is corrected. What was logged beyond the limit was then not treated with.

Assumptions: the position in which the patient is treated later was not logged; it is taken to be
like that of his other fractions within the limit, so what is left is estimated from these. A day
without a measured filling gives no ground to postpone. One repeated image per postponed fraction.
Limits: gains only where filling moves the target; a patient who is always beyond the limit has no
fraction left and is counted; that the anatomy was measured at all may itself select patients.

Source: rule of ours; there is no default limit, because none is true of every site. (That a
distended rectum costs control: de Crevoisier R et al., Int J Radiat Oncol Biol Phys 2005;62:965-73,
recalled, unvalidated.)
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from popmargin.core.exceptions import NotEstimable
from popmargin.protocols.courses import Courses
from popmargin.protocols.parameter import Parameter
from popmargin.protocols.protocol import Left, Marks, ProtocolKind, Seen


def beyond_limit(courses: Courses, values: Mapping[str, Any]) -> Marks:
    """(n_rows,) 1 where the measured filling is beyond the limit.

    Raises `NotEstimable` when no limit is stated or the courses carry no filling.

    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> course = courses_from_arrays([[[0, 0, 0]] * 3], filling=[[30.0, np.nan, 45.0]])
    >>> beyond_limit(course, {"limit": 40.0, "when": "above"}).tolist()
    [0, 0, 1]
    """
    if values["limit"] is None:
        raise NotEstimable("no filling limit is stated: there is none that is true of every site")
    if courses.filling is None:
        raise NotEstimable(
            "no filling is known of these fractions: name the structure and quantity of the "
            "anatomy table that is measured at each fraction"
        )
    difference = courses.filling - values["limit"]
    # A filling that was not measured (NaN) is beyond nothing.
    return np.asarray(
        difference > 0.0 if values["when"] == "above" else difference < 0.0, dtype=np.uint8
    )


def postponing_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Keep the fractions within the limit as they are; see `popmargin.protocols.protocol.Rule`."""
    x, y = seen.x, left.y
    n = x.shape[0]
    treated = 0
    for j in range(n):
        if seen.planned[j] == 0:
            y[treated, 0], y[treated, 1], y[treated, 2] = x[j, 0], x[j, 1], x[j, 2]
            treated += 1
    left.treated[0] = treated
    return n + (n - treated), 0


POSTPONEMENT: Final = ProtocolKind(
    name="postponement",
    description="image daily; treat later (and image again) when the filling is beyond a limit",
    source="ours; the limit is the site's own",
    rule=postponing_rule,
    settings=lambda _: (),
    planned=beyond_limit,
    own_parameters=(
        Parameter(
            "limit",
            "number",
            None,
            "filling beyond which the patient is treated later, in the unit of the anatomy table; "
            "to be stated",
        ),
        Parameter(
            "when",
            "choice",
            "above",
            "postpone when the filling is above or below the limit",
            choices=("above", "below"),
        ),
    ),
    corrects="never",
    postpones=True,
    linear=False,
)
