# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What moves while we treat, and what changes while weeks go by
#
# A position that was right when it was imaged does not stay right. Three clocks run: breathing in
# seconds, drift in minutes, and the patient's own change in weeks. Each asks for another answer:
# a strategy, an interval between images, a new plan. This notebook reads what the workflow made of
# each, and does the arithmetic by hand first.
#
# Make the tables first (`make report`), or name another results folder in the environment variable
# `POPMARGIN_RESULTS`.
#
# *Research tool, not a medical device.*

# %%
import os
from pathlib import Path

import numpy as np
import polars as pl
from IPython.display import SVG

from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.margins.recipes.van_herk import van_herk_margin
from popmargin.motion.reimaging import longest_interval_min
from popmargin.tables.result import read_result

asked = Path(os.environ.get("POPMARGIN_RESULTS", "results/example"))
results = asked if asked.is_dir() else Path("..") / asked
names = (
    "motion_growth", "intrafraction_motion", "reimaging", "patient_strategies", "motion_strategies",
    "anatomy_courses", "anatomy_trajectories", "trigger_replay",
)  # fmt: skip
tables = {name: read_result(results / "tables" / f"{name}.csv", name) for name in names}
config = pl.Config(tbl_hide_dataframe_shape=True, float_precision=2, fmt_str_lengths=60)

# %% [markdown]
# ## 1. Seconds: a tumour that breathes
#
# A tumour that swings by 15 mm from end to end, as a sine does, has an SD of amplitude / √8. Over a
# treatment the swing blurs the dose, it does not move it: it is a **random** error, added in
# quadrature to the daily one, and costs far less than the 15 mm that an envelope of all positions
# (ITV) would add.

# %%
peak_to_peak, systematic, random = 15.0, 2.0, 2.0
swing = peak_to_peak / np.sqrt(8.0)
still, breathing = (van_herk_margin(systematic, np.hypot(random, sd)).item() for sd in (0.0, swing))
print(f"swing of {peak_to_peak:.0f} mm: SD {swing:.2f} mm")
print(
    f"margin {still:.1f} mm without, {breathing:.1f} mm with breathing: {breathing - still:.1f} mm"
)
print(f"an envelope would add {peak_to_peak / 2:.1f} mm on either side")

# %% [markdown]
# The sum holds where the blur is small against the penumbra and the dose does not interplay with
# the motion: the library takes the patient's own trace in place of a sine. What the strategies
# would do to the patients of this study:

# %%
tables["motion_strategies"].select(
    "strategy", "n_patients", "volume_cc", "volume_low_cc", "volume_high_cc", "minutes"
)

# %%
drawn = {name: tables[name] for name in FIGURES["motion_strategies"].tables}
SVG(figure_bytes(FIGURES["motion_strategies"].draw(drawn), "svg"))

# %% [markdown]
# Each point is a patient: ask who gains, not only what the mean does.
#
# ## 2. Minutes: how long may a position be trusted?
#
# If the target wanders like a drunkard, its mean square displacement grows in proportion to time:
# D mm² a minute. After t minutes its mean square is D t; averaged over all moments between two
# images t minutes apart, half of that. Turn it round: a root mean square of 2 mm between images is
# used up when they are 2 · 2² / D minutes apart.

# %%
walk, tolerance = 0.4, 2.0
print(f"by hand: {2.0 * tolerance**2 / walk:.1f} min")
library = longest_interval_min(tolerance, diffusion_mm2_per_min=walk)
print(f"library: {library:.1f} min")

# %% [markdown]
# Real motion also drifts and jumps, and an image takes a minute to act on: the workflow fits all of
# it. The table says how often to image again; `beyond_observed` marks an answer that is longer than
# anybody was watched.

# %%
tables["reimaging"].filter(tolerance_mm=tables["reimaging"]["tolerance_mm"].max()).select(
    "group", "axis", "tolerance_mm", "interval_min", "interval_low_min", "beyond_observed"
)

# %%
SVG(figure_bytes(FIGURES["motion_growth"].draw({"motion_growth": tables["motion_growth"]}), "svg"))

# %% [markdown]
# ## 3. Weeks: a body that changes
#
# Weigh a patient five times, draw a line, and call when it crosses a threshold:

# %%
fractions = np.array([0.0, 5.0, 10.0, 15.0, 20.0])
weight = np.array([0.0, -1.1, -1.9, -3.2, -3.8])
rate = (fractions @ weight) / (fractions @ fractions)
print(f"rate {rate:.3f} % a fraction, -5 % after {-5.0 / rate:.0f} fractions")

# %% [markdown]
# The line starts at the planning scan, which is why it goes through the origin. A population of
# such lines has a mean rate and a **spread of rates**: the spread, not the mean, decides how many
# patients a trigger will call.

# %%
tables["anatomy_trajectories"].filter(form="linear").select(
    "structure", "side", "quantity", "n_patients", "rate", "rate_low", "rate_high", "rate_sd",
    "rate_unit",
)  # fmt: skip

# %%
drawn = {name: tables[name] for name in FIGURES["anatomy_trajectories"].tables}
SVG(figure_bytes(FIGURES["anatomy_trajectories"].draw(drawn), "svg"))

# %% [markdown]
# ## 4. What a trigger would have called
#
# A trigger is a test. Its share of patients called has an interval; `noise_alarms` are calls on a
# value that the next measurements did not confirm.

# %%
tables["trigger_replay"].select(
    "trigger", "structure", "side", "threshold", "threshold_unit", "n_patients", "called_share",
    "called_share_low", "called_share_high", "noise_alarms", "trigger_status",
)  # fmt: skip

# %% [markdown]
# ## 5. What this does not say
#
# - **A trace is of a surrogate.** A marker or a belt is not the tumour; its own error is added as
#   stated, not measured.
# - **Rates are of those who were measured.** Patients who were replanned or stopped are missing at
#   the end of the curves, and they are not like the rest.
# - **A trigger that was "recalled" is not validated**: `trigger_status` says which.
# - Whether a new plan helps is a question of dose, which is not in these tables.

# %%
for row in (
    tables["reimaging"].filter(pl.col("reason").fill_null("") != "").head(3).rows(named=True)
):
    print(f"{row['axis']}: {row['reason']}")
