"""Breathing from traces: the SD that the traces have, without any ratio to an amplitude."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.margins.component_draws import component_draws
from popmargin.margins.declared_components import components_of
from popmargin.margins.trace_breathing import trace_breathing
from popmargin.motion.trace_summaries import summarise_traces


def traces(amplitudes, shares=(0.0, 1.0, 0.5), power=2):
    """One trace a patient that follows an even power of the cosine, of 15 breaths of 4 s."""
    t = np.arange(0.0, 60.0, 0.05)
    frames = []
    for number, height in enumerate(amplitudes):
        position = height * np.cos(np.pi * t / 4.0) ** power
        moved = {
            f"{axis}_mm": share * position
            for axis, share in zip(("lr", "si", "ap"), shares, strict=True)
        }
        frames.append(pl.DataFrame({"patient_id": f"p{number}", "fraction": 1, "t_s": t, **moved}))
    return summarise_traces(pl.concat(frames))[0]


@pytest.mark.parametrize(("power", "ratio"), [(2, 0.3536), (4, 0.3644)])
def test_known_waves_have_their_known_sd(power, ratio):
    heights = [8.0, 12.0, 16.0]
    part = trace_breathing(traces(heights, power=power))
    assert part.lr_mm == pytest.approx(0.0, abs=1e-6)
    mean_square = np.sqrt(np.mean(np.square(heights)))
    assert part.si_mm == pytest.approx(ratio * mean_square, rel=0.01)
    assert part.ap_mm == pytest.approx(0.5 * part.si_mm, rel=1e-6)
    assert (part.kind, part.component) == ("random", "breathing")


def test_few_patients_who_differ_leave_much_open():
    alike, apart = (trace_breathing(traces(h)) for h in ([10.0] * 6, [2.0, 3, 4, 5, 6, 24]))
    assert alike.degrees_of_freedom == pytest.approx(5.0, abs=0.1)
    # Satterthwaite: 2 mean(v)^2 / (var(v) / 6) of variances that go with the squared heights.
    variances = np.array([2.0, 3, 4, 5, 6, 24]) ** 2
    freedom = 2.0 * variances.mean() ** 2 / (variances.var(ddof=1) / 6.0)
    assert apart.degrees_of_freedom == pytest.approx(freedom, rel=1e-3)
    widths = [np.ptp(np.quantile(component_draws(p, "si", 999), [0.1, 0.9])) / p.si_mm
              for p in (alike, apart)]  # fmt: skip
    assert widths[1] > 1.3 * widths[0]


def test_a_config_takes_breathing_from_the_traces_of_its_groups():
    budget = {"components": [], "breathing": {"from": "traces", "groups": ["lung"]}}
    (part,) = components_of(budget, traces([8.0, 12.0]))
    assert part.groups == ["lung"]
    assert part.source == "2 traces of 2 patients"
    stated = {"from": "amplitude", "lr_mm": 1.0, "si_mm": None, "ap_mm": 1.0, "source": "4D-CT"}
    with pytest.raises(WrongUsage, match="from: traces"):
        components_of({"breathing": stated | {"sd_ratio": 0.36}})


def test_traces_without_axes_or_of_one_patient_are_refused():
    with pytest.raises(RefusedInput, match="at least two patients"):
        trace_breathing(traces([8.0]))
    t = np.arange(0.0, 60.0, 0.05)
    amplitude = pl.DataFrame(
        {"patient_id": "a", "fraction": 1, "t_s": t, "amplitude_mm": np.cos(t)}
    )
    with pytest.raises(RefusedInput, match="along lr"):
        trace_breathing(summarise_traces(amplitude)[0])
