"""The components that a study declares beside its data: from its config, a table, or traces.

Assumptions and limits: those of `popmargin.margins.error_budget`, of
`popmargin.margins.measured_total` and, for breathing, of `popmargin.margins.trace_breathing` and
`popmargin.margins.breathing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import WrongUsage
from popmargin.margins.breathing import breathing_component
from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.measured_total import check_totals
from popmargin.margins.trace_breathing import trace_breathing

FROM_TRACES: Final = "traces"
_EVERY_GROUP: Final = (None,)
_COLUMNS: Final = (
    "component",
    "kind",
    *(f"{axis}_mm" for axis in TRANSLATIONS),
    "source",
    "degrees_of_freedom",
    "part_of",
)


def components_of(
    budget: Mapping[str, Any], trace_summaries: Iterable[Mapping[str, Any]] = ()
) -> list[ErrorComponent]:
    """Components that a config's ``error_budget`` lists beside the data, breathing among them.

    Parameters
    ----------
    budget : ``components`` as in `ErrorComponent`; ``breathing`` with the peak-to-peak amplitude
        along each axis in mm, ``sd_ratio`` and ``source``, or with ``from: traces``.
    trace_summaries : rows of that contract, for breathing from traces.

    Raises
    ------
    OutOfRange
        For an impossible component or total.
    RefusedInput
        For traces that breathing cannot be taken from.
    WrongUsage
        For breathing from an amplitude without one along each axis.

    Examples
    --------
    >>> amplitude = {"lr_mm": 0, "si_mm": 10, "ap_mm": 5, "sd_ratio": 0.36, "source": "4D-CT"}
    >>> round(components_of({"components": [], "breathing": amplitude})[0].si_mm, 3)
    3.6
    """
    found = [ErrorComponent(**entry) for entry in budget.get("components") or []]
    if budget.get("breathing"):
        found.append(_breathing(budget["breathing"], trace_summaries))
    check_totals(found)
    return found


def _breathing(
    stated: Mapping[str, Any], trace_summaries: Iterable[Mapping[str, Any]]
) -> ErrorComponent:
    groups = stated.get("groups")
    if stated.get("from") == FROM_TRACES:
        return trace_breathing(trace_summaries, groups)
    amplitudes = [stated.get(f"{axis}_mm") for axis in TRANSLATIONS]
    if None in amplitudes or stated.get("source") is None:
        raise WrongUsage(
            "error_budget, breathing: state lr_mm, si_mm, ap_mm and source, or from: traces"
        )
    lr, si, ap = (float(amplitude) for amplitude in amplitudes if amplitude is not None)
    part = breathing_component(lr, si, ap, stated["source"], sd_ratio=stated["sd_ratio"])
    return replace(part, groups=groups)


def component_rows(components: Sequence[ErrorComponent]) -> list[dict[str, Any]]:
    """Components as rows of contract ``error_budget``, one a component and group that has it.

    >>> part = ErrorComponent("breathing", "random", 0, 3, 1, "traces", groups=("lung",))
    >>> component_rows([part])[0]["group"]
    'lung'
    """
    return [
        {**{name: getattr(part, name) for name in _COLUMNS}, "group": group}
        for part in components
        for group in part.groups or _EVERY_GROUP
    ]


def components_of_rows(rows: Iterable[Mapping[str, Any]]) -> list[ErrorComponent]:
    """Components from rows of contract ``error_budget``; empty optional columns may be absent.

    Raises `OutOfRange` for an impossible component or total.

    >>> row = {"component": "delineation", "kind": "systematic", "lr_mm": 1, "si_mm": 2,
    ...     "ap_mm": 3, "source": "study"}
    >>> components_of_rows(component_rows(components_of_rows([row])))[0].ap_mm
    3
    """
    found = []
    for row in rows:
        named = {name: row[name] for name in _COLUMNS if name in row}
        group = row.get("group")
        found.append(ErrorComponent(**named, groups=None if group is None else (group,)))
    check_totals(found)
    return found
