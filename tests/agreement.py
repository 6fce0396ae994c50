"""What was checked against what, with the numbers: computed here, kept in docs/agreement.md.

``python -m tests.agreement`` rewrites the page; a test fails when it is not what comes out.
The values and the ways to compute them are those of the reference tests.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.ntcp import complication
from popmargin.statistics.anova import anova_mean_squares
from popmargin.statistics.nested_reml import nested_reml_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import reml_components
from popmargin.trials.proportions import two_proportions
from tests.reference import test_coverage_closed_form as closed_form
from tests.reference import test_estimators_lme4 as lme4
from tests.reference import test_margins_alpha_beta as factors
from tests.reference import test_margins_published_cases as margins
from tests.reference import test_nist_anova as nist

PAGE = Path(__file__).resolve().parents[1] / "docs" / "agreement.md"
HEAD = """# What was checked against what, with the numbers

Made by `.venv/bin/python -m tests.agreement`; a test fails when this page is not what comes out.
Differences below 1e-9 are written so: they change with the machine. The claims that need more than
a number stand with their tests in [validation.md](validation.md), the coverage of intervals in
[benchmarks](../benchmarks/README.md).

"""
SIZES = (
    (0.434, 0.244, 0.8, 97), (0.29, 0.15, 0.8, 137), (0.29, 0.15, 0.9, 182),
    (0.083, 0.058, 0.8, 1645),
)  # fmt: skip
DOSES = (
    ("rectum_quantec", 60, 4.5), ("rectum_quantec", 70, 24.5), ("parotid_dijkema", 25, 17.5),
    ("parotid_dijkema", 30, 26.8), ("lung_seppenwoolde", 15, 8.3), ("lung_seppenwoolde", 20, 17.2),
)  # fmt: skip


def page() -> str:
    """The whole page."""
    return HEAD + "\n\n".join(
        "\n".join([f"## {title}", "", *_table(heads, rows)])
        for title, heads, rows in (
            ("Against certified and independent software", SETS, sets()),
            ("Margins printed in papers", MARGINS, printed_margins()),
            ("Patients per arm, two proportions", ("control", "experimental", "power", "published",
             "popmargin"), sample_sizes()),
            ("Complication probability of a uniform dose, %", ("parameters", "dose, Gy",
             "published", "popmargin"), complications()),
        )
    ) + "\n"  # fmt: skip


SETS = ("what", "against", "cases", "largest difference")
MARGINS = (
    "site and axis",
    "source",
    "recipe",
    "printed, mm",
    "popmargin, mm",
    "follows from its Σ and σ",
)


def sets() -> Iterator[tuple[str, ...]]:
    """Largest difference of each set of reference values."""
    yield "one-way ANOVA, mean squares", "NIST StRD, certified", "5", _worst(_nist(), relative=True)
    one_way = list(_one_way())
    yield (
        "REML, Σ and σ", "lme4, converged tightly (mm)", f"{len(one_way) // 2} cohorts",
        _worst(one_way),
    )  # fmt: skip
    nested = list(_nested())
    yield (
        "three-level REML, three SDs", "lme4, converged tightly (mm)",
        f"{len(nested) // 3} cohorts", _worst(nested),
    )  # fmt: skip
    quantiles = [(factors.computed(case), float(case["expected"])) for case in factors.CASES]
    yield "factors of the recipes", "exact quantiles", str(len(quantiles)), _worst(quantiles)
    covered = list(_coverage())
    yield (
        "coverage and dose in closed form", "independent integration", str(len(covered)),
        _worst(covered),
    )  # fmt: skip


def printed_margins() -> Iterator[tuple[str, ...]]:
    """Each margin that a paper prints beside its errors."""
    for case in margins.CASES:
        yield (
            f"{case['site']} {case['axis']}", case["source"], margins.RECIPES[case["recipe"]],
            case["published_margin_mm"],
            f"{margins.recomputed(case):.2f}", case["published_consistent"].lower(),
        )  # fmt: skip


def sample_sizes() -> Iterator[tuple[str, ...]]:
    """Published sample sizes and ours."""
    for control, experimental, power, published in SIZES:
        ours = two_proportions(control, experimental, power=power).patients_per_arm
        yield tuple(map(str, (control, experimental, power, published, ours)))


def complications() -> Iterator[tuple[str, ...]]:
    """Published complication probabilities and ours."""
    for label, dose, published in DOSES:
        found = 100 * complication([dose], [1], complication_set(label)).ntcp
        yield label, str(dose), str(published), f"{found:.1f}"


def _nist() -> Iterator[tuple[float, float]]:
    for name, shift in (("SiRstv", 0), ("SmLs01", 0), ("SmLs03", 0)):
        between, within, _ = anova_mean_squares(nist.dataset(name, shift))
        yield between, float(nist.CERTIFIED[name]["ms_between_certified"])
        yield within, float(nist.CERTIFIED[name]["ms_within_certified"])
    for name in ("SmLs01", "SmLs03"):
        between, _, _ = anova_mean_squares(nist.dataset(name, 1_000_000))
        yield between, float(nist.CERTIFIED[name]["ms_between_certified"])


def _one_way() -> Iterator[tuple[float, float]]:
    for row in lme4.references("one_way"):
        values, labels, _ = lme4.columns(row["cohort"])
        parts = reml_components(OneWayData.from_values(values, labels))
        yield parts.between_sd, float(row["reml_group_sd"])
        yield parts.within_sd, float(row["reml_within_sd"])


def _nested() -> Iterator[tuple[float, float]]:
    for row in lme4.references("nested"):
        parts = nested_reml_components(NestedTable.from_values(*lme4.columns(row["cohort"])))
        for sd, name in (
            (parts.outer_sd, "outer"), (parts.group_sd, "group"), (parts.within_sd, "within")
        ):  # fmt: skip
            yield sd, float(row[f"reml_{name}_sd"])


def _coverage() -> Iterator[tuple[float, float]]:
    for case in closed_form.CASES:
        yield from closed_form.compared(case)


def _worst(pairs: Iterable[tuple[float, float]], *, relative: bool = False) -> str:
    worst = max(abs(a - b) / (abs(b) if relative else 1.0) for a, b in pairs)
    unit = " (relative)" if relative else ""
    if worst < 1e-9:
        return f"< 1e-9{unit}"
    exponent = math.ceil(math.log10(worst))
    return f"< 1e{exponent}{unit}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
