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
# # Design a trial
#
# Would a smaller margin spare patients harm? Nobody knows until a trial has shown it, and a trial
# that is too small shows nothing. This notebook follows the numbers that a trial group needs: what
# others found, how many patients it takes, what goes wrong, and which centres may join.
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
from popmargin.outcomes.evidence import describe_evidence
from popmargin.tables.result import read_result
from popmargin.trials.precision import precision
from popmargin.trials.proportions import two_proportions, two_proportions_power
from popmargin.trials.simulation import TrialPlan, simulate_trial
from popmargin.trials.survival import survival, survival_by_accrual

asked = Path(os.environ.get("POPMARGIN_RESULTS", "results/example"))
results = asked if asked.is_dir() else Path("..") / asked
evidence = pl.DataFrame(describe_evidence(), infer_schema_length=None)
sensitivity = read_result(results / "tables" / "trial_sensitivity.csv", "trial_sensitivity")
config = pl.Config(tbl_hide_dataframe_shape=True, float_precision=2, fmt_str_lengths=60)

# %% [markdown]
# ## 1. What others found
#
# Ratios below 1 favour the smaller margin or the more frequent image. Look at the endpoints: few
# trials asked the same, so little may be pooled. Look at the status as well: *recalled* rows were
# not checked in their source.

# %%
SVG(figure_bytes(FIGURES["trial_evidence"].draw({"trial_evidence": evidence}), "svg"))

# %% [markdown]
# ## 2. How many patients
#
# A formula for two proportions needs two risks, the power and the error of the first kind. A large
# effect from one centre, and a small one:

# %%
for control, experimental in ((0.434, 0.244), (0.083, 0.058)):
    size = two_proportions(control, experimental, power=0.8, alpha=0.05)
    print(f"{control:.1%} against {experimental:.1%}: {size.patients_per_arm} an arm")

# %% [markdown]
# Seventeen times as many patients. Which of the two is true decides whether the trial is worth
# starting, and nobody knows it: that is what the table of sensitivity is for.

# %%
sensitivity.select("case", "risk_control", "risk_experimental", "patients_per_arm", "reason")

# %% [markdown]
# With times instead of proportions the *events* carry the power. How many patients give so many
# events depends on how long everybody waits:

# %%
print(f"hazard ratio 0.71: {survival(0.71).events} events")
for follow_up in (24, 60):
    waiting = survival_by_accrual(
        0.71, control_event_free=0.8, at_months=60, accrual_months=36, follow_up_months=follow_up
    )
    print(f"{follow_up} months of follow-up: {waiting.patients_per_arm} an arm")

# %% [markdown]
# ## 3. What goes wrong
#
# The formula knows a trial in which everybody gets what was drawn and nobody is lost. Run the trial
# on paper instead, a thousand times. Each column below adds one trouble:

# %%
random = np.random.default_rng(1)
plans = {
    "as in the formula": TrialPlan(97),
    "one in ten crosses over": TrialPlan(97, to_control=0.1, to_experimental=0.1),
    "and one in ten is lost": TrialPlan(97, to_control=0.1, to_experimental=0.1, drop_out=0.1),
}
for name, plan in plans.items():
    found = simulate_trial(0.434, 0.244, plan, trials=1000, rng=random)
    print(f"{name}: power {found.power:.0%} (simulation error {found.power_standard_error:.1%})")
formula = two_proportions_power(0.434, 0.244, patients_per_arm=97)
print(f"formula: power {formula:.0%}")

# %% [markdown]
# A crossing patient hurts twice: once for being lost to the own arm, once for making the other arm
# like it. So the logs of every image and correction belong into the trial: they show who crossed.
#
# A look half-way, with O'Brien and Fleming's limits, costs hardly any power, and stops some trials
# early. The price is an estimate that is too large where it stopped:

# %%
looked = simulate_trial(0.434, 0.244, TrialPlan(97, interim_share=0.5), trials=1000, rng=random)
print(f"power {looked.power:.0%}, stopped early {looked.stopped_early:.0%}")
print(f"mean estimate {looked.difference:.3f}, truth {looked.true_difference:.3f}")

# %%
nothing = simulate_trial(0.434, 0.434, TrialPlan(97, interim_share=0.5), trials=1000, rng=random)
print(f"no effect at all: {nothing.power:.1%} of the trials say there is one")

# %% [markdown]
# ## 4. Who may join
#
# A margin is right for centres whose errors it covers. Ten patients do not show that; this many do,
# for a systematic error known to 20 % or to 10 %:

# %%
for half_width in (0.2, 0.1):
    size = precision(2.0, 2.0, fractions=10, half_width=half_width)
    print(f"known to {half_width:.0%}: {size.patients} patients with 10 images each")

# %% [markdown]
# The workflow holds every group against the margin in use. *Not shown yet* is the honest answer for
# most small centres: more patients decide.

# %%
centres = read_result(results / "tables" / "trial_centres.csv", "trial_centres")
centres.select("group", "n_patients", "coverage", "coverage_low", "population", "verdict")

# %% [markdown]
# ## 5. What this does not say
#
# - **The risks are assumptions**, from a model or from another trial. A design is as good as they.
# - **A smaller margin may cost control.** A trial of toxicity that does not watch control answers
#   half of the question.
# - **What a model predicts is no outcome.** The chain from margin to NTCP gives a direction and a
#   size to plan with; only randomised patients show an effect.
#
# The whole report for a protocol, with the items of SPIRIT and CONSORT, is `trial_report.html`,
# `.pdf` and `.docx` of a study whose config has a section `trial`.
