"""Sections on margins: every recipe, what each recipe promises, and published margins."""

from collections.abc import Iterable, Iterator

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.margins.published_sites import groups_beside_published
from popmargin.margins.registry import RECIPES
from popmargin.reports.columns import (
    Field,
    Row,
    axis,
    estimate,
    looked_up,
    made,
    plain,
    table_of,
    text,
    text_table,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, count, number
from popmargin.reports.section import PageTable, Section


def margins_section(margins: pl.DataFrame) -> Section:
    """Margins by recipe, and the recipes' formulae, sources, conditions and limits."""
    rows = margins.rows(named=True)
    order = {g: place for place, g in enumerate(margins["group"].unique(maintain_order=True))}
    by_recipe: dict[tuple[str, str], dict[str, Row]] = {}
    for row in sorted(rows, key=lambda row: order[row["group"]]):
        by_recipe.setdefault((row["group"], row["recipe"]), {})[row["axis"]] = row
    budget = any(row.get("data_margin_mm") != row["margin_mm"] for row in rows)
    words = (
        "Recipes promise different things for the same errors: compare what they promise before "
        "their millimetres. The group mean is in no recipe: find its cause and correct it."
    )
    table = table_of(
        "Margins, mm: value (interval)",
        [{**next(iter(axes.values())), "axes": axes} for axes in by_recipe.values()],
        [
            text("Group", "group"),
            text("Recipe", "recipe"),
            *(_margin_on(name) for name in TRANSLATIONS),
            *([made("Data alone, LR / SI / AP", _data_alone)] if budget else []),
            text("Covers", "covers", missing="not stated"),
            made("Fractions", _fractions, "fractions", "text"),
        ],
        "tables/margins.csv",
    )
    recipes = dict.fromkeys(recipe for _, recipe in by_recipe)
    return Section("margins", "Margins by recipe", [words], [table, *_recipes_table(recipes)])


def _margin_on(name: str) -> Field:
    """The margin of a group and recipe on one axis, of its ``axes``."""
    margin = estimate(AXIS_LABELS[name], "margin", digits=1)
    return looked_up(margin, lambda row: row["axes"].get(name))


def _data_alone(row: Row) -> str:
    """The margins without the declared components, for comparison."""
    values = [row["axes"].get(name, {}).get("data_margin_mm") for name in TRANSLATIONS]
    return " / ".join(number(value, missing=DASH) for value in values)


def _fractions(row: Row) -> str:
    return "many" if row["fractions"] is None else count(row["fractions"])


def _recipes_table(names: Iterable[str]) -> list[PageTable]:
    """What the registry says of the recipes used; a name that it does not know is left out."""
    titles = ("Recipe", "Formula (S = Σ, s = σ, mm)", "Holds for", "Limits", "Source")
    rows = [
        (r.name, r.formula, r.conditions, r.limits, f"{r.source} [{r.status}]")
        for r in (RECIPES[name] for name in names if name in RECIPES)
    ]
    return [text_table("The recipes", titles, rows)] if rows else []


def risk_volumes_section(risk_volume_margins: pl.DataFrame) -> Section:
    """Margins around organs at risk.

    Parameters: a table after the contract ``risk_volume_margins``.
    """
    words = (
        "A planning risk volume keeps an organ below its dose limit in most patients. Serial or "
        "small organs add the random term, large parallel ones subtract it, because blurring "
        "lowers the dose at the edge of a high-dose region. The coefficient of the random term "
        "is recalled, not validated."
    )
    table = table_of(
        "Margins around organs at risk",
        risk_volume_margins.rows(named=True),
        [
            text("Group", "group"),
            text("Organ", lambda row: f"{row['organ']} ({row['response']})"),
            axis("text"),
            text("Recipe", "recipe"),
            estimate("Margin, mm (interval)", "margin", digits=1),
            plain("Σ, mm", "budget_systematic_sd_mm", 2, missing=NOT_ESTIMABLE),
            plain("σ, mm", "budget_random_sd_mm", 2, missing=NOT_ESTIMABLE),
            text("Covers", "covers"),
        ],
        "tables/risk_volume_margins.csv",
    )
    return Section("organs", "Organs at risk", [words], [table])


def literature_section(
    literature: pl.DataFrame, *, population_errors: pl.DataFrame | None = None
) -> Section:
    """Published margins that do not follow from their own numbers, and how many do.

    Parameters: a table as `popmargin.margins.published` makes it, of which ``reproduces`` (empty
    where nothing can be judged) and ``reason`` are the verdict; and a table after the contract
    ``population_errors``, of which groups without published values are named.
    """
    wrong = literature.filter(pl.col("reproduces").eq(other=False)).rows(named=True)
    checked = literature["reproduces"].drop_nulls().len()
    words = (
        f"{count(literature.height)} published rows were read. {count(checked)} of them state a "
        f"margin, a recipe and the errors to compute it again; {count(len(wrong))} of these do "
        "not follow from their own printed numbers, rounding allowed for."
    )
    table = table_of(
        "Published margins that do not follow from their own numbers",
        wrong,
        [
            text("Publication", "paper", missing=""),
            text("Site", "site", missing=""),
            text("Axis", "axis", missing=""),
            plain("Σ, mm", "systematic_sd_mm", 2),
            plain("σ, mm", "random_sd_mm", 2),
            plain("Printed, mm", "margin_stated_mm", 2),
            plain("Computed, mm", "margin_recomputed_mm", 2),
            text("Why", "reason", missing=""),
        ],
        "tables/literature.csv",
    )
    tables = [table] if wrong else []
    return Section(
        "literature", "Published values", [words, *_without(literature, population_errors)], tables
    )


def _without(literature: pl.DataFrame, errors: pl.DataFrame | None) -> Iterator[str]:
    """Which groups have no published values beside them, and why no figure shows them."""
    if errors is None:
        return
    known, without = groups_beside_published(errors, literature)
    if without:
        figure = "leaves these groups out" if known else "is left out"
        yield (
            f"No published values of the site of {'; '.join(without)}: the figure of published "
            f"values {figure}. A group's site, or its "
            "name where it has none, is compared with that of the published rows up to any "
            "bracket or comma."
        )
