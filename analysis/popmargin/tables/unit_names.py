"""The unit that the name of a column states: ``Lat (cm)``, ``roll [deg]``."""

import re
from typing import Final

_UNIT: Final = re.compile(
    r"[\[(/_ ]\s*(mm|cm|m|deg|degrees|rad|°|grad)\s*[\])]?\s*$", re.IGNORECASE
)
_OTHER_WORDS: Final = {"degrees": "deg", "°": "deg", "grad": "deg"}


def stated_unit(column: str) -> tuple[str | None, str]:
    """Unit at the end of a column's name, None where there is none, and the name before it.

    >>> stated_unit("Lat (cm)"), stated_unit("Fraction")
    (('cm', 'Lat'), (None, 'Fraction'))
    """
    found = _UNIT.search(column)
    if found is None:
        return None, column
    unit = found.group(1).lower()
    return _OTHER_WORDS.get(unit, unit), column[: found.start()].rstrip()
