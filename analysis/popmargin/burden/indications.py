"""Who needs which imaging: a rule set as data, each rule with its reason and source.

Assumptions: what only a clinician knows (gradients, filling, intent) is stated per group in the
config, as is the treated site, whose own rules then apply; what can be measured comes from the
replay. Limits: a rule that applies is a reason to
look, not an order; most rules are recalled and say so.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import csv_rows, resource_path

ANY_SITE: Final = "any"
APPLIES, DOES_NOT, NOT_STATED, NOT_ESTIMABLE = "yes", "no", "not stated", "not estimable"


@cache
def indication_rules() -> tuple[Mapping[str, str], ...]:
    """The rules: code, indication, advice, reason, whom and which sites, measure, status, source.

    >>> indication_rules()[0]["code"]
    'steep_gradient'
    """
    return csv_rows(resource_path("reference", "imaging_indications.csv"))


def check_situations(stated: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Situations by group; `RefusedInput` names a code that no rule has, or that is measured.

    >>> check_situations({"prostate": ["steep_gradient"]})
    {'prostate': ('steep_gradient',)}
    """
    codes = [
        rule["code"]
        for rule in indication_rules()
        if not rule["measured"] and rule["sites"] != ANY_SITE
    ]
    for group, situations in stated.items():
        for code in situations:
            if code not in codes:
                raise RefusedInput(
                    f"burden.situations.{group}",
                    f"codes among {', '.join(codes)}",
                    code,
                    "choose those that a clinician can state",
                )
    return {group: tuple(situations) for group, situations in stated.items()}


def imaging_indications(
    rows: Sequence[Mapping[str, Any]],
    situations: Mapping[str, Sequence[str]],
    sites: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Every rule for every group of burden rows.

    Parameters
    ----------
    rows : from `popmargin.burden.burden_rows.burden_rows`, of any number of groups.
    situations : codes that apply, by group; a group that is not named stated nothing.
    sites : treated site by group, whose rules apply to everybody treated there.

    Returns
    -------
    ``group``, ``site``, ``concerns`` (site or patients), ``code``, ``indication``, ``applies``
    (yes, no, not stated, not estimable), ``advice``, ``reason``, ``status``, ``source``.

    Examples
    --------
    >>> found = imaging_indications([{"group": "all", "margin_saved_mm": 2.0, "protocol": "daily",
    ...     "modality": "kv_cbct", "prescription_share_percent": None}], {}, {"all": "prostate"})
    >>> [row["applies"] for row in found if row["code"] in ("measured_benefit", "prostate_daily")]
    ['yes', 'yes']
    """
    found = []
    for group in dict.fromkeys(row["group"] for row in rows):
        of_group = [row for row in rows if row["group"] == group]
        site = (sites or {}).get(group)
        for rule in indication_rules():
            applies, reason = _judge(rule, of_group, situations.get(group), site)
            names = ("concerns", "code", "indication", "advice", "status", "source")
            kept = {name: rule[name] for name in names}
            found.append(
                {"group": group, "site": site, **kept, "applies": applies} | {"reason": reason}
            )
    return found


def _judge(
    rule: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    stated: Sequence[str] | None,
    site: str | None,
) -> tuple[str, str]:
    if rule["measured"]:
        return _measured(rule, rows)
    of_sites = rule["sites"].split("|")
    if ANY_SITE in of_sites or rule["code"] in (stated or ()):
        return APPLIES, rule["reason"]
    if rule["sites"] and site is not None:
        return (APPLIES if site in of_sites else DOES_NOT), rule["reason"]
    # A rule of certain sites needs the site, every other one the clinician's word.
    known = site if rule["sites"] else stated
    return (NOT_STATED if known is None else DOES_NOT), rule["reason"]


def _measured(rule: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    measured = rule["measured"]
    known = [row for row in rows if row[measured] is not None]
    if not known:
        return NOT_ESTIMABLE, f"{rule['reason']}; {measured} is not estimable here"
    most = max(known, key=lambda row: row[measured])
    threshold = float(rule["threshold"])
    words = (
        f"{rule['reason']}: {measured} reaches {most[measured]:.2g} (threshold {threshold:g}) with "
        f"{most['protocol']}, {most['modality']}"
    )
    if most.get("status"):
        words += f', whose weakest input is "{most["status"]}"'
    return (APPLIES if most[measured] > threshold else DOES_NOT), words
