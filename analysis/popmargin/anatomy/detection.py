"""What the early warning can and cannot see: its delay against the best possible rule.

Assumptions and limits: those of `popmargin.statistics.change_detection`; values come at even
distances. Simulated once and shipped as ``reference/detection_delay.csv``.
"""

from typing import Any, Final

from popmargin.statistics.change_detection import detection_delay

SIZES_SD: Final = (1.0, 1.5, 2.0, 3.0, 4.0)
TRENDS_SD: Final = (0.1, 0.2, 0.3, 0.5)
# SD of the patients' own rates, in SDs of one value per value: none, some, much.
RATES_SD: Final = (0.0, 0.1, 0.3)


def tabulate_detection(
    n: int, *, change_at: int = 11, courses: int = 2000, seed: int = 1
) -> list[dict[str, Any]]:
    """Rows of contract ``detection_delay``: the rule against the best possible.

    Parameters: ``n`` values of a course, ``change_at`` the first changed one; sizes are in SDs
    of the noise (of a trend: per value), ``rate_sd`` the SD of the patients' own rates per value in
    SDs of the noise. At 1 % and 5 % false alarms a course.

    >>> rows = tabulate_detection(20, courses=200)
    >>> len(rows), rows[0]["method"], rows[0]["size_sd"]
    (72, 'rule', 1.0)
    """
    rows = []
    # The best possible rule knows the baseline, whatever the spread of the rates.
    rules = [*((False, rate_sd) for rate_sd in RATES_SD), (True, 0.0)]
    for false_alarms in (0.01, 0.05):
        for known, rate_sd in rules:
            for shape, sizes in (("step", SIZES_SD), ("trend", TRENDS_SD)):
                for size in sizes:
                    found = detection_delay(
                        n,
                        min(change_at, n),
                        size,
                        shape="step" if shape == "step" else "trend",
                        known=known,
                        false_alarms=false_alarms,
                        rate_sd=rate_sd,
                        courses=courses,
                        seed=seed,
                    )
                    rows.append(
                        {
                            "change": shape,
                            "size_sd": size,
                            "false_alarms": false_alarms,
                            "method": "best possible" if known else "rule",
                            "rate_sd": rate_sd,
                            "n_values": n,
                            "change_at": min(change_at, n),
                            "detected": found.detected,
                            "detected_se": found.detected_error,
                            "delay": found.delay,
                            "delay_se": found.delay_error,
                            "false_alarms_seen": found.false_alarms,
                        }
                    )
    return rows
