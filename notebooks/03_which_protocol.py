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
# # Which imaging protocol?
#
# Daily imaging costs minutes, money and dose; fewer images leave a larger error, and a larger error
# asks for a larger margin. The logs already know how large: this notebook replays correction
# protocols on errors that were logged, and reads what the workflow made of it.
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
from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.closed_forms import nal_errors
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.parse import parse_protocol
from popmargin.tables.result import read_result

asked = Path(os.environ.get("POPMARGIN_RESULTS", "results/example"))
results = asked if asked.is_dir() else Path("..") / asked
replayed = read_result(results / "tables" / "replayed_errors.csv", "replayed_errors")
config = pl.Config(tbl_hide_dataframe_shape=True, float_precision=2, fmt_str_lengths=80)

# %% [markdown]
# ## 1. One patient, by hand
#
# This patient lies about 4 mm to the left, give or take a millimetre. The *no action level*
# protocol (NAL) images the first three fractions, takes their mean, and moves the couch by it
# from the fourth fraction on. Nobody looks again.

# %%
logged = np.array([4.0, 5.0, 3.0, 5.0, 4.0, 2.0, 5.0])
correction = logged[:3].mean()
left = np.where(np.arange(7) < 3, logged, logged - correction)
print(f"correction = {correction:.1f} mm, left = {left.tolist()}")

# %% [markdown]
# The library does the same, for any number of patients:

# %%
course = courses_from_arrays([np.column_stack([logged, np.zeros(7), np.zeros(7)])])
done = apply_protocol(parse_protocol("nal:images=3"), course, keep_errors=True)
print(f"left = {done.errors_mm[:, 0].tolist()}, images = {done.images[0]}")

# %% [markdown]
# ## 2. What a mean of three images is worth
#
# Chance is in the mean of a few images too: its SD is σ / √images, and with it the correction is
# wrong. That is all the systematic error that NAL leaves once it has settled, however large Σ was
# before. So NAL helps where Σ is large against σ / √images, and **harms** where it is small:

# %%
for systematic, random in ((3.0, 2.0), (1.0, 3.0)):
    settled = nal_errors(systematic, random, images=3, fractions=30).settled_systematic_sd_mm
    verdict = "better" if settled < systematic else "worse than nothing"
    print(f"systematic {systematic} mm, random {random} mm: {settled:.2f} mm left, {verdict}")

# %% [markdown]
# ## 3. What the logs say
#
# The workflow replayed every protocol of the config on every group that it names. Here is one group
# and axis, the whole course, with the first recipe:

# %%
group, axis, recipe = replayed["group"][0], "si", replayed["recipe"][0]
one = replayed.filter(group=group, axis=axis, recipe=recipe, phase="course")
print(f"{group}, {axis}, {recipe}: {one['n_patients'].max()} patients")
one.select(
    "protocol",
    "systematic_sd_mm",
    "random_sd_mm",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "images_per_patient",
    "minutes_per_patient",
)

# %% [markdown]
# Read the intervals before the values. All rows rest on the same patients, so the overlap of two
# intervals is no test of their difference; but a limit above what you can accept is an answer.
#
# What is each image worth? Millimetres of margin saved against no imaging, per image:

# %%
without = one.filter(protocol="no_imaging")["margin_mm"].item()
one.filter(pl.col("images_per_patient") > 0).select(
    "protocol",
    (without - pl.col("margin_mm")).alias("margin_saved_mm"),
    ((without - pl.col("margin_mm")) / pl.col("images_per_patient")).alias("saved_per_image_mm"),
)

# %%
shown = replayed.filter(group=group)
SVG(figure_bytes(FIGURES["protocol_margins"].draw({"replayed_errors": shown}), "svg"))

# %% [markdown]
# ## 4. A check that stands beside every row
#
# If errors were independent and normal, with one Σ and one σ for everybody, we would know what
# each protocol leaves: the upright lines. A point far from its line says that these patients
# drift, jump, or differ; or that there are few of them.

# %%
SVG(figure_bytes(FIGURES["replayed_errors"].draw({"replayed_errors": shown}), "svg"))

# %%
one.select(
    "protocol",
    "systematic_sd_mm",
    "expected_systematic_sd_mm",
    "random_sd_mm",
    "expected_random_sd_mm",
    "expectation",
)

# %% [markdown]
# ## 5. What this does not say
#
# - **The margin covers what `covers` says**: the set-up error that the protocol leaves.
#   Delineation and motion during treatment stay, whatever is imaged.
# - **What an online correction itself leaves must be stated** (`registration_sd_mm`,
#   `couch_sd_mm`); with 0, daily imaging looks perfect, which it is not.
# - **Which protocol to take is not in this table.** It needs the dose to organs at risk, the
#   minutes on the machine and the money beside the millimetres: see the sections on burden and
#   outcome.

# %%
for covers in one["covers"].unique(maintain_order=True):
    print(covers)
