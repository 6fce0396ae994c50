"""Coverage: patients a second, against a plain numpy version with 500 surface points.

``python benchmarks/coverage_speed.py`` prints markdown. Rivals run in the same process, so that
the ratios hold where absolute times drift.
"""

import time
from collections.abc import Callable
from pathlib import Path
from runpy import run_path

import numpy as np

from popmargin.margins.course_errors import CourseErrors, draw_courses
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import coverage_many_fractions
from popmargin.margins.coverage_monte_carlo import coverage_monte_carlo
from popmargin.margins.coverage_surface import straight_edge, surface_minimum_doses
from popmargin.margins.minimum_dose import minimum_doses, sphere_directions
from popmargin.margins.solve_margin import solve_margin
from popmargin.margins.solve_margin_interval import solve_margin_interval

ORACLE = Path(__file__).parents[1] / "tests" / "oracles" / "coverage_numpy.py"
TARGET, MARGIN, FRACTIONS = Target(30.0), 9.6, 30
ERRORS = CourseErrors(3.0, 3.0)


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least wall time of a few runs, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def stream() -> np.random.Generator:
    return np.random.default_rng(1)


def main() -> None:
    plain = run_path(str(ORACLE))["minimum_doses_on_grid"]
    field = TARGET.field_radius_mm(MARGIN)
    few = stream().normal(0, 3, (200, 1, 3)) + stream().normal(0, 3, (200, FRACTIONS, 3))
    numpy_rate = 200 / seconds(lambda: plain(few, 30.0, field, 3.2), repeats=2)

    patients = 40_000
    whole = seconds(
        lambda: coverage_monte_carlo(
            ERRORS, MARGIN, TARGET, stream(), fractions=FRACTIONS, n_patients=patients
        )
    )
    (courses,) = draw_courses(ERRORS, FRACTIONS, 20_000, stream())
    kernel = seconds(lambda: minimum_doses(courses, MARGIN, TARGET))
    unequal = seconds(lambda: minimum_doses(courses, [8.0, 9.6, 11.0], TARGET), repeats=1)
    points = 30.0 * sphere_directions(2_000)
    profile = straight_edge(39.6, 3.2, 0.95)
    surface = seconds(lambda: surface_minimum_doses(courses, points, profile))
    closed = seconds(
        lambda: [coverage_many_fractions(3.0, 3.0, MARGIN, TARGET) for _ in range(200)]
    )
    solve = seconds(lambda: solve_margin(0.9, ERRORS, TARGET, stream(), fractions=FRACTIONS), 1)
    draws = np.abs(stream().normal(3.0, 0.3, (2, 1_000)))
    interval = seconds(
        lambda: solve_margin_interval(
            0.9,
            3.0,
            3.0,
            TARGET,
            stream(),
            systematic_draws_mm=draws[0],
            random_draws_mm=draws[1],
            fractions=FRACTIONS,
        ),
        1,
    )
    print("| work (CTV radius 30 mm, 30 fractions) | patients/s | ratio |\n|---|---|---|")
    for name, rate in (
        ("numpy, 500 fixed surface points", numpy_rate),
        ("simulated coverage, drawing included", patients / whole),
        ("refined minimum dose alone", 20_000 / kernel),
        ("refined minimum dose, unequal margins", 20_000 / unequal),
        ("any surface, 2,000 points", 20_000 / surface),
    ):
        print(f"| {name} | {rate:,.0f} | {rate / numpy_rate:.1f} |")
    print("\n| work | time |\n|---|---|")
    print(f"| coverage after many fractions, closed form | {1e3 * closed / 200:.3f} ms |")
    print(f"| margin that covers 90 % (60,000 patients) | {solve:.2f} s |")
    print(f"| the same with its interval from 1,000 draws | {interval:.2f} s |")


if __name__ == "__main__":
    main()
