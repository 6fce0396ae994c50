"""Every protocol against its slow plain twin, on ragged cohorts; Python and compiled alike."""

import numpy as np
import pytest

from popmargin.core.exceptions import WrongUsage
from popmargin.protocols import PROTOCOLS
from popmargin.protocols.apply import SETTLED, apply_protocol
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.others import leave_patient_out
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others
from tests.oracles.protocols_plain import TWINS, population

TEXTS = (
    "no_imaging",
    "nal:images=3",
    "nal:images=1",
    "nal_shrunk:images=2",
    "enal:images=3,model=mean",
    "enal:images=1,model=mean",
    "enal:images=3,model=trend",
    "enal:images=1,model=trend",
    "sal:alpha_mm=4,max_images=2,rule=axis",
    "sal:alpha_mm=6,max_images=4,rule=axis",
    "sal:alpha_mm=6,max_images=3,rule=vector",
    "cover:images=3",
    "cover:images=1",
    "weekly:first=3,carry=true",
    "weekly:first=0,carry=false",
    "weekly:first=7,carry=true,threshold_mm=2,rule=axis,residual_mm=1",
    "weekly:first=2,per_week=2,carry=true,threshold_mm=4,rule=vector",
    "weekly:first=0,per_week=3,carry=false,threshold_mm=5,rule=vector,residual_mm=3",
    "weekly:first=0,per_week=4,residual_mm=2",
    "first_k_then_weekly:k=3",
    "first_k_then_weekly:k=1,carry=false,threshold_mm=2,rule=axis,residual_mm=1",
    "every_kth:k=5,carry=false",
    "every_kth:k=3,carry=true",
    "every_kth:k=1",
    "daily",
    "daily:threshold_mm=3,rule=vector",
    "daily:residual_mm=2",
    "daily_threshold:threshold_mm=5,rule=axis",
    "daily_threshold:threshold_mm=0,rule=axis,residual_mm=0.5",
    "daily_threshold:threshold_mm=5,rule=vector,residual_mm=3",
    "kalman:process_sd_mm=1",
    "kalman:process_sd_mm=0",
)


def ragged_cohort(seed, patients=14, group_mean=1.0):
    """Patients as the twins read them: gaps in the log, logs of one fraction, heavy outliers."""
    rng = np.random.default_rng(seed)
    cohort = []
    for _ in range(patients):
        n = int(rng.integers(1, 24))
        numbers = np.sort(rng.choice(np.arange(1, 31), n, replace=False))
        x = group_mean + rng.normal(0, 2.5, 3) + rng.normal(0, 1.5, (n, 3))
        x[rng.random((n, 3)) < 0.05] *= 5
        cohort.append([(int(j), [float(v) for v in e]) for j, e in zip(numbers, x, strict=True)])
    return cohort


def as_courses(cohort):
    return courses_from_arrays(
        [[x for _, x in p] for p in cohort], [[j for j, _ in p] for p in cohort]
    )


def test_every_protocol_has_a_twin_and_is_tried():
    tried = {text.split(":")[0] for text in TEXTS} | {"postponement"}  # in a file of its own
    lacking = set(PROTOCOLS) - set(TWINS), set(PROTOCOLS) - tried
    assert not lacking[0], f"write their twins in tests/oracles/protocols_plain.py: {lacking[0]}"
    assert not lacking[1], f"write them as on the command line, in TEXTS: {lacking[1]}"
    assert set(TWINS) == tried == set(PROTOCOLS), "and nothing that is no protocol"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agrees_with_plain_twin(text, seed):
    protocol = parse_protocol(text)
    cohort = ragged_cohort(seed)
    courses = as_courses(cohort)
    others = leave_patient_out(courses) if protocol.kind.uses_others else None
    applied = apply_protocol(protocol, courses, others, keep_errors=True)
    for u, patient in enumerate(cohort):
        rest = cohort[:u] + cohort[u + 1 :]
        known = [population(rest, a) for a in range(3)]
        left, images, counts, moves, settled = TWINS[protocol.name](
            patient, others=known, **protocol.values
        )
        left, settled = np.array(left), np.array(settled)
        rows = slice(courses.offsets[u], courses.offsets[u + 1])
        np.testing.assert_allclose(applied.errors_mm[rows], left, rtol=0, atol=1e-12)
        assert applied.images[u] == images
        assert applied.corrections[u].tolist() == counts
        assert applied.moves[u] == moves
        for a in range(3):
            for phase, mask in enumerate((np.ones(len(patient), bool), settled[:, a])):
                part = left[mask, a]
                assert applied.sizes[u, phase, a] == part.size
                if part.size:
                    spread = ((part - part.mean()) ** 2).sum()
                    np.testing.assert_allclose(applied.means[u, phase, a], part.mean(), atol=1e-12)
                    np.testing.assert_allclose(applied.squares[u, phase, a], spread, atol=1e-11)


def test_online_corrections_are_counted_by_phase():
    protocol = parse_protocol("weekly:first=3,threshold_mm=1")
    cohort = ragged_cohort(4)
    applied = apply_protocol(protocol, as_courses(cohort))
    short = apply_protocol(protocol, as_courses([[f for f in p if f[0] <= 3] or p for p in cohort]))
    for u, patient in enumerate(cohort):
        early = short.corrections[u] if patient[0][0] <= 3 else 0
        assert (applied.online[u, 0] == applied.corrections[u]).all()
        assert (applied.online[u, SETTLED] == applied.corrections[u] - early).all()


def test_a_log_within_the_first_fractions_has_no_settled_correction():
    applied = apply_protocol(
        parse_protocol("weekly:first=3"), courses_from_arrays([np.ones((3, 3))])
    )
    assert applied.online[0].tolist() == [[3, 3, 3], [0, 0, 0]]


@pytest.mark.parametrize(
    ("text", "error", "corrected"),
    [
        ("daily_threshold:threshold_mm=5,rule=axis", [5, -5, 5.001], [0, 0, 1]),
        ("daily_threshold:threshold_mm=5,rule=vector", [3, -4, 0], [0, 0, 0]),
        ("daily_threshold:threshold_mm=5,rule=vector", [3, -4, 0.1], [1, 1, 1]),
        ("sal:alpha_mm=9,rule=axis", [9, -9, 9.001], [0, 0, 1]),
        ("sal:alpha_mm=5,rule=vector", [3, -4, 0], [0, 0, 0]),
        ("sal:alpha_mm=5,rule=vector", [3, -4, 0.1], [1, 1, 1]),
    ],
)
def test_an_action_level_must_be_exceeded(text, error, corrected):
    applied = apply_protocol(parse_protocol(text), courses_from_arrays([[error]]))
    assert applied.corrections[0].tolist() == corrected


def cover_on(checks, variance=1.0):
    """COVER after one learning image of 0, with these errors on the si axis at the checks."""
    errors = np.zeros((len(checks) + 1, 3))
    errors[1:, 1] = checks
    others = known_others(0, 2, np.sqrt(variance))[None]
    course = courses_from_arrays([errors])
    applied = apply_protocol(parse_protocol("cover:images=1"), course, others, keep_errors=True)
    return (
        int(applied.images[0]),
        applied.corrections[0].tolist(),
        applied.errors_mm[1:, 1].tolist(),
    )


def test_cover_checks_until_a_pass_at_most_four_times():
    assert cover_on([3, 0, 0]) == (2, [1, 1, 1], [3, 0, 0])  # 3 sigma is not more than 3 sigma
    assert cover_on([4, -4, 4, -4, 4, 4]) == (5, [1, 1, 1], [4, -4, 4, -4, 4, 4])
    assert cover_on([4, 0, 4, 4]) == (3, [1, 1, 1], [4, 0, 4, 4])


def test_cover_repairs_by_the_mean_of_two_equal_failures_and_starts_again():
    assert cover_on([4, 6, 5, 5]) == (4, [1, 2, 1], [4, 6, 0, 0])
    assert cover_on([4, 4, 8, 8, 8]) == (5, [1, 3, 1], [4, 4, 4, 4, 0])


def test_kalman_of_perfect_patients_stays_at_zero():
    course = courses_from_arrays([np.ones((4, 3))])
    applied = apply_protocol(
        parse_protocol("kalman:process_sd_mm=0"), course, known_others(0, 0, 0)[None]
    )
    assert applied.means[0, 0].tolist() == [1, 1, 1]


def test_offline_protocols_make_no_online_correction():
    courses = as_courses(ragged_cohort(5))
    for name in ("nal", "enal", "sal"):
        assert apply_protocol(parse_protocol(name), courses).online.sum() == 0


@pytest.mark.parametrize("name", ["nal_shrunk", "enal", "sal", "cover", "weekly", "kalman"])
def test_compiled_gives_the_same_bits_whatever_the_threads(name):
    protocol = parse_protocol(f"{name}:threshold_mm=2" if name == "weekly" else name)
    courses = as_courses(ragged_cohort(6))
    others = leave_patient_out(courses)
    plain = apply_protocol(protocol, courses, others, keep_errors=True, compiled=False)
    for threads in (1, 3, 50):
        fast = apply_protocol(
            protocol, courses, others, keep_errors=True, compiled=True, threads=threads
        )
        assert all(np.array_equal(a, b) for a, b in zip(plain, fast, strict=True))


def test_equal_errors_leave_exactly_no_variance():
    courses = courses_from_arrays([np.full((7, 3), 1.1), np.full((3, 3), 1.1)])
    applied = apply_protocol(parse_protocol("no_imaging"), courses)
    assert (applied.squares == 0).all()
    assert (applied.means == 1.1).all()


def test_a_protocol_that_uses_the_others_refuses_to_guess_them():
    with pytest.raises(WrongUsage, match="nal_shrunk needs the errors of the other patients"):
        apply_protocol(parse_protocol("nal_shrunk"), as_courses(ragged_cohort(1)))
