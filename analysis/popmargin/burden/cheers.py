"""The CHEERS 2022 checklist, filled as far as a run can; the rest is left to the authors.

Limits: what a run writes is what was computed, not what it means; items 18 to 28 of the list are
recalled and say so. Source: Husereau D et al., BMC Med 2022;20:23.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from popmargin.burden.question import BurdenQuestion
from popmargin.burden.record import NOT_VALIDATED, Record
from popmargin.core.resources import csv_rows, resource_path

BY_AUTHORS = "to be written by the authors"


@cache
def checklist() -> tuple[Mapping[str, str], ...]:
    """The items: number, topic, status, source.

    >>> len(checklist())
    28
    """
    return csv_rows(resource_path("reference", "cheers2022_items.csv"))


def cheers_rows(
    question: BurdenQuestion,
    rows: Sequence[Mapping[str, Any]],
    sentences: Sequence[str],
    stated: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Every item with what the run can say of it.

    Parameters
    ----------
    question : of the study; rows : of the table ``burden``; sentences : on the frontiers.
    stated : ``title``, ``perspective``, ``time_horizon``, ``setting`` of the config, may be empty.

    Returns
    -------
    After the contract ``cheers_items``: ``item``, ``topic``, ``filled``, ``filled_by`` (run,
    config, authors), ``status``, ``source``.
    """
    texts = _texts(question, rows, sentences)
    from_config = {"1": "title", "6": "setting", "8": "perspective", "9": "time_horizon"}
    found = []
    for entry in checklist():
        number = entry["item"]
        text, by = texts.get(number, ""), "run"
        if number in from_config:
            text, by = stated.get(from_config[number]) or "", "config"
        found.append(
            {
                "item": int(number),
                "topic": entry["topic"],
                "filled": text or BY_AUTHORS,
                "filled_by": by if text else "authors",
                "status": entry["status"],
                "source": entry["source"],
            }
        )
    return found


def _texts(
    question: BurdenQuestion, rows: Sequence[Mapping[str, Any]], sentences: Sequence[str]
) -> dict[str, str]:
    groups = list(dict.fromkeys(str(row["group"]) for row in rows))
    money = f"{question.money[0]} of {question.money[1]}" if question.money else "no amount stated"
    rate = question.records["site.discount_rate"]
    used = _used(question)
    weak = [record.key for record in used if not record.validated]
    effect = (
        "QALYs lost to toxicity"
        if "toxicity.qaly_loss_per_event" in question.records
        else "millimetres of margin saved against the first protocol; no QALY was stated"
    )
    names = ", ".join(protocol.text for protocol in question.protocols)
    compared = f"protocols {names} with {', '.join(question.modalities)}"
    pay = ", ".join(f"{value:g}" for value in question.willingness_to_pay)
    valued = f"willingness to pay {pay}" if pay else "a range of willingness to pay"
    return {
        "2": f"Compared: {compared}, in {len(groups)} groups of logged patients. "
        f"Margins by replay, costs in {money}, {question.draws} draws. {' '.join(sentences)}",
        "5": f"groups of the logged patients: {'; '.join(groups)}; numbers in population_errors",
        "7": compared,
        "10": f"{rate.typical:.3g} per year ({rate.label}); costs of a course fall in one year and "
        "are not discounted, capital is spread as an annuity",
        "11": effect,
        "12": "margins by replay of the protocols on logged errors; burden from records",
        "13": f"not valued by the run: effects are shown at {valued} for one unit of effect",
        "14": "time-driven activity-based costing; the records stand in burden_records",
        "15": f"{money}; nothing is converted, mixed currencies or price years are refused",
        "16": "replay of protocols on logged errors gives the margin; minutes, cost and dose of an "
        "image are multiplied by the images of the course",
        "17": f"{len(weak)} of {len(used)} inputs are {NOT_VALIDATED}: {', '.join(weak) or 'none'}",
        "18": f"results by group ({len(groups)})",
        "20": f"{question.draws} draws from the distributions of burden_records, one-way "
        "sensitivity in burden_sensitivity",
        "22": "burden_records: low, typical, high, distribution, source and status of each input",
        "23": " ".join(sentences),
        "24": "intervals in burden, burden_acceptability and burden_sensitivity (with the value of "
        "knowing an input)",
    }


def _used(question: BurdenQuestion) -> list[Record]:
    scopes = ("site.", "toxicity.", *(f"{name}." for name in question.modalities))
    return [record for key, record in question.records.items() if key.startswith(scopes)]


def record_rows(question: BurdenQuestion) -> list[dict[str, Any]]:
    """Every record of the modalities compared and of the site, after ``burden_records``.

    Parameters: the question of the study. Returns one row a record, with its label.
    """
    return [
        {
            "key": record.key,
            "low": record.low,
            "typical": record.typical,
            "high": record.high,
            "unit": record.unit,
            "currency": record.currency,
            "price_year": record.price_year,
            "distribution": record.distribution,
            "status": record.label,
            "source": record.source,
            "note": record.note,
        }
        for record in _used(question)
    ]
