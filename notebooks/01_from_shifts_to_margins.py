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
# # From shifts to margins
#
# Image guidance logs one number per axis and fraction: how far the patient lay from the plan. This
# notebook follows such numbers to the margin that they call for. It reads the tables that the
# workflow wrote and works some of them out again, so that nothing stays a black box.
#
# Make the tables first (`make report`), or name another results folder in the environment variable
# `POPMARGIN_RESULTS`.
#
# *Research tool, not a medical device.*

# %%
import os
from pathlib import Path

import polars as pl
from IPython.display import SVG

from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import coverage_many_fractions
from popmargin.margins.registry import find_recipe
from popmargin.tables.result import read_result

asked = Path(os.environ.get("POPMARGIN_RESULTS", "results/example"))
results = asked if asked.is_dir() else Path("..") / asked
tables = {
    name: read_result(results / "tables" / f"{name}.csv", name)
    for name in ("unit_summaries", "population_errors", "margins")
}
config = pl.Config(tbl_hide_dataframe_shape=True, float_precision=2, fmt_str_lengths=80)

# %% [markdown]
# ## 1. What one patient did
#
# Every patient has a mean (where they lay on average) and an SD (how much they moved about from day
# to day). Here are the first patients of the largest group on one axis.

# %%
largest = (
    tables["unit_summaries"]
    .group_by("group", maintain_order=True)
    .len()
    .sort("len", maintain_order=True)["group"][-1]
)
axis = "si"
patients = tables["unit_summaries"].filter(group=largest, axis=axis).drop_nulls("mean")
print(f"{largest}, {axis}: {patients.height} patients")
patients.select("n_fractions", "mean", "sd").head(6)

# %% [markdown]
# All of them at once: the points are the means, the bars one SD. The *spread of the points* is the
# systematic error, the *length of the bars* the random error.

# %%
one_group = {name: table.filter(group=largest) for name, table in tables.items()}
SVG(figure_bytes(FIGURES["patient_errors"].draw(one_group), "svg"))

# %% [markdown]
# ## 2. Three numbers for the whole group
#
# The conventional definitions need a pocket calculator only:
#
# - **M**, the group mean: the mean of the patients' means;
# - **Σ**, the systematic error: the SD of the patients' means;
# - **σ**, the random error: the root of the mean square of the patients' SDs.

# %%
mean = patients["mean"].mean()
systematic = patients["mean"].std()
random = (patients["sd"] ** 2).mean() ** 0.5
print(f"M = {mean:.2f} mm, systematic error = {systematic:.2f} mm, random error = {random:.2f} mm")

# %% [markdown]
# The workflow's table says the same, and adds what a pocket calculator does not: the interval in
# which the true value may lie.

# %%
errors = tables["population_errors"].filter(group=largest, axis=axis)
errors.select(
    "estimator",
    "group_mean_mm",
    "systematic_sd_mm",
    "systematic_sd_low_mm",
    "systematic_sd_high_mm",
    "random_sd_mm",
)

# %% [markdown]
# ## 3. Why there are two systematic errors
#
# A patient's mean over a few fractions is not where they truly lie on average: chance adds
# σ² / n to the spread of the means, n being the number of fractions. The conventional Σ contains
# that share, analysis of variance (`anova`) takes it out:

# %%
fractions = 1 / (1 / patients["n_fractions"]).mean()
corrected = max(systematic**2 - random**2 / fractions, 0) ** 0.5
print(f"with {fractions:.1f} fractions a patient: {systematic:.2f} mm becomes {corrected:.2f} mm")

# %% [markdown]
# With many fractions the two hardly differ. With three, and a random error three times the
# systematic one, the conventional Σ would be twice too large.
#
# ## 4. From errors to a margin
#
# A recipe turns Σ and σ into millimetres. The systematic error counts most, because it shifts the
# whole dose of a patient; the random error only blurs it.

# %%
recipe = find_recipe("van_herk_linear")
row = errors.filter(estimator="anova").row(0, named=True)
by_hand = 2.5 * row["systematic_sd_mm"] + 0.7 * row["random_sd_mm"]
by_recipe = float(recipe.margin(row["systematic_sd_mm"], row["random_sd_mm"]))
print(f"{recipe.formula}: by hand {by_hand:.2f} mm, by the library {by_recipe:.2f} mm")
print(f"holds for: {recipe.conditions}")

# %%
shown = ["recipe", "margin_mm", "margin_low_mm", "margin_high_mm", "covers"]
tables["margins"].filter(group=largest, axis=axis).select(shown)

# %%
SVG(figure_bytes(FIGURES["margin_recipes"].draw(one_group), "svg"))

# %% [markdown]
# ## 5. What the margin does not say
#
# - **It covers what the column `covers` says, and nothing else.** Shifts logged before correction
#   give the set-up component without image guidance. That is not a PTV margin: delineation, organ
#   motion and what happens during treatment are not in it.
# - **The interval is part of the answer.** A margin without it hides how few patients stand behind.
# - **"90 % of patients" is a claim to check.** For a round target of 30 mm radius, and errors of
#   this size along every axis, the margin above covers this share of patients:

# %%
covered = coverage_many_fractions(
    row["systematic_sd_mm"], row["random_sd_mm"], by_recipe, Target(ctv_radius_mm=30.0)
)
print(f"{covered.coverage:.0%} of patients")
