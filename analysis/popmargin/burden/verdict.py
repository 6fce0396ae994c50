"""What a frontier says, in a sentence that also says what it rests on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from popmargin.burden.record import NOT_VALIDATED

NOT_THE_TARGET: Final = ("bone", "surface")
"""Surrogates that the target moves against."""
_NAMES: Final = {
    "images_per_course": "images",
    "margin_mm": "margin",
    "ptv_cc": "PTV volume",
    "minutes_per_fraction": "minutes a fraction",
    "minutes_per_course": "minutes a course",
    "cost_per_fraction": "cost a fraction",
    "cost_per_course": "cost",
    "marginal_cost_per_fraction": "marginal cost a fraction",
    "marginal_cost_per_course": "marginal cost",
    "imaging_dose_mgy": "imaging dose",
    "effective_dose_msv": "effective dose",
    "ntcp_percent": "NTCP",
}


def describe_frontier(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is not dominated, and on which defaults that rests: one sentence for groups alike.

    Parameters
    ----------
    rows : of the table ``burden``.

    Returns
    -------
    Sentences, each for the groups of which it says the same. One that names an option names in
    itself the unvalidated defaults behind the comparison, or says that there are none.

    Examples
    --------
    >>> describe_frontier([{"group": "lung", "protocol": "daily", "modality": "kv_cbct",
    ...     "criteria": "margin_mm, minutes_per_course", "on_frontier": True, "rests_on": ""}])
    ['lung: of the options compared in margin and minutes a course, daily with kv_cbct is not \
dominated, without any default that is not validated.']
    """
    alike: dict[str, list[str]] = {}
    for group in dict.fromkeys(row["group"] for row in rows):
        of_group = [row for row in rows if row["group"] == group]
        criteria = _listed([_NAMES[name] for name in of_group[0]["criteria"].split(", ")])
        kept = [_option(row) for row in of_group if row["on_frontier"]]
        if not kept:
            nothing = f"no option can be compared in {criteria}; the table says what is missing."
            alike.setdefault(nothing, []).append(group)
            continue
        keys = dict.fromkeys(
            key for row in of_group for key in (row["rests_on"] or "").split(", ") if key
        )
        rests = (
            f"while the comparison rests on {len(keys)} input{'s' * (len(keys) > 1)} of status "
            f'"{NOT_VALIDATED}" ({_some(list(keys))})'
            if keys
            else "without any default that is not validated"
        )
        indirect = any(
            row["on_frontier"] and row.get("surrogate") in NOT_THE_TARGET for row in of_group
        )
        caveat = "; a match on bone or surface leaves out the target's own motion" * indirect
        verb = "is" if len(kept) == 1 else "are"
        said = (
            f"of the options compared in {criteria}, {_listed(kept)} {verb} not "
            f"dominated, {rests}{caveat}."
        )
        alike.setdefault(said, []).append(group)
    return [f"{'; '.join(groups)}: {said}" for said, groups in alike.items()]


def _option(row: Mapping[str, Any]) -> str:
    alone = row["modality"] == "none"
    return str(row["protocol"]) if alone else f"{row['protocol']} with {row['modality']}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _some(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:4])
    return shown if len(keys) <= 4 else f"{shown} and {len(keys) - 4} more"
