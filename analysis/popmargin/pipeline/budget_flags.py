"""What a declared error budget means for margins that do not hold its components."""

from collections.abc import Mapping
from typing import Any

from popmargin.core.flags import Flag


def budget_flags(budget: Mapping[str, Any]) -> list[Flag]:
    """Flags on an error budget whose components are not inside the margins.

    Margins rest on the errors of the data. Where the config declares a budget complete with the
    help of further components, calling such a margin a PTV margin would be wrong: it is withheld.

    >>> budget_flags({"complete": True, "components": [{"component": "delineation"}]})[0].severity
    'block'
    """
    names = [str(entry["component"]) for entry in budget["components"]]
    if not names:
        return []
    message = (
        f"the margins hold the errors of the data only, not the declared {', '.join(names)}: "
        "combine them with the margin command before calling anything a PTV margin"
    )
    severity = "block" if budget["complete"] else "warn"
    return [Flag("error_budget_not_included", severity, message)]  # type: ignore[arg-type]
