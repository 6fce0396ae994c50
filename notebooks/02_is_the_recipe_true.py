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
# # Is the recipe true for my target?
#
# Under 2.5Σ + 0.7σ stands a promise: 90 % of patients get at least 95 % of the dose everywhere in
# the target. The promise was derived for a large target, very many fractions and a certain edge of
# the dose. This notebook asks what becomes of it elsewhere. It works from numbers you can change;
# nothing has to be computed before.
#
# *Research tool, not a medical device. The populations here are models, not patients.*

# %%
import numpy as np
import polars as pl

from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import coverage_many_fractions
from popmargin.margins.coverage_monte_carlo import coverage_monte_carlo
from popmargin.margins.registry import find_recipe
from popmargin.margins.solve_margin import solve_margin

systematic, random = 1.0, 3.0
recipe = find_recipe("van_herk_linear")
margin = float(recipe.margin(systematic, random))
print(f"{recipe.formula}: {margin:.2f} mm")

# %% [markdown]
# ## 1. In the textbook
#
# A large round target and so many fractions that the random error only blurs the dose:

# %%
textbook = coverage_many_fractions(systematic, random, margin, Target(ctv_radius_mm=1000.0))
print(f"textbook: {textbook.coverage:.0%} of patients")

# %% [markdown]
# A little more than promised. The recipe is a good one here.
#
# ## 2. A small target
#
# Around a small target the blurred dose falls off to all sides at once, and the same margin serves
# fewer patients:

# %%
pl.DataFrame(
    [
        {
            "CTV radius, mm": radius,
            "patients covered": coverage_many_fractions(
                systematic, random, margin, Target(radius)
            ).coverage,
        }
        for radius in (5.0, 10.0, 20.0, 30.0, 60.0)
    ]
)

# %% [markdown]
# ## 3. Few fractions
#
# With five fractions the daily errors no longer average out. The mean of five of them stays with
# the patient like a systematic error of σ/√5. There is no formula for this any more; the answer
# comes from simulated courses, and carries the standard error of the simulation.

# %%
rows = []
for fractions in (35, 15, 5, 3, 1):
    found = coverage_monte_carlo(
        CourseErrors(systematic, random),
        margin,
        Target(10.0),
        np.random.default_rng(1),
        fractions=fractions,
        n_patients=4_000,
    )
    rows.append(
        {
            "fractions": fractions,
            "patients covered": found.coverage,
            "standard error": found.coverage_standard_error,
        }
    )
few = pl.DataFrame(rows)
few

# %% [markdown]
# ## 4. The margin that keeps the promise
#
# Turn the question round: which margin covers 90 % of patients for *this* target and *this* number
# of fractions?

# %%
for fractions in (35, 5):
    solved = solve_margin(
        0.9,
        CourseErrors(systematic, random),
        Target(10.0),
        np.random.default_rng(1),
        fractions=fractions,
    )
    print(f"{fractions} fractions: {solved.margin_mm[0]:.1f} mm, the recipe says {margin:.1f} mm")

# %% [markdown]
# ## 5. What to take home
#
# - A recipe is true under its own conditions. Large target, many fractions: fine. Small target, few
#   fractions, Σ small against σ: ask for the coverage.
# - In a report of this project the coverage for your target and your fractions stands beside every
#   recipe, and so does the margin that would keep the promise, with its interval.
# - The page `explorer.html` of a results folder answers the same question while you move the
#   numbers.
