"""Sections on margins: every recipe, what each recipe promises, and published margins."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.margins.registry import RECIPES
from popmargin.reports.numbers import count, interval_of, number
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns


def margins_section(margins: pl.DataFrame) -> Section:
    """Margins by recipe, and the recipes' formulae, sources, conditions and limits."""
    rows = margins.rows(named=True)
    order = {g: place for place, g in enumerate(margins["group"].unique(maintain_order=True))}
    every = dict.fromkeys((row["group"], row["recipe"]) for row in rows)
    pairs = sorted(every, key=lambda pair: order[pair[0]])
    found = {(row["group"], row["recipe"], row["axis"]): row for row in rows}
    budget = any(row.get("data_margin_mm") != row["margin_mm"] for row in rows)
    columns = [
        *text_columns("Group", "Recipe"),
        *(Column(AXIS_LABELS[axis]) for axis in TRANSLATIONS),
        *([Column("Data alone, LR / SI / AP")] if budget else []),
        *text_columns("Covers", "Fractions"),
    ]
    body = [
        [
            Cell(group),
            Cell(recipe),
            *(_margin(found.get((group, recipe, axis), {})) for axis in TRANSLATIONS),
            *([_data_alone(found, group, recipe)] if budget else []),
            *_conditions(next(r for key, r in found.items() if key[:2] == (group, recipe))),
        ]
        for group, recipe in pairs
    ]
    words = (
        "Recipes promise different things for the same errors: compare what they promise before "
        "their millimetres. The group mean is in no recipe: find its cause and correct it."
    )
    table = PageTable("Margins, mm: value (interval)", columns, body, "tables/margins.csv")
    names = dict.fromkeys(recipe for _, recipe in pairs)
    return Section("margins", "Margins by recipe", [words], [table, *_recipes_table(names)])


def _margin(row: Mapping[str, Any]) -> Cell:
    return Cell(interval_of(row, "margin"), row.get("margin_mm"))


def _data_alone(
    found: Mapping[tuple[str, str, str], Mapping[str, Any]], group: str, recipe: str
) -> Cell:
    """The margins without the declared components, for comparison."""
    values = [found.get((group, recipe, axis), {}).get("data_margin_mm") for axis in TRANSLATIONS]
    return Cell(" / ".join(number(value, missing="\N{EN DASH}") for value in values))


def _conditions(row: Mapping[str, Any]) -> list[Cell]:
    fractions = row.get("fractions")
    return [
        Cell(str(row.get("covers") or "not stated")),
        Cell("many" if fractions is None else count(fractions), fractions),
    ]


def _recipes_table(names: Mapping[str, Any]) -> list[PageTable]:
    """What the registry says of the recipes used; a name that it does not know is left out."""
    rows = [
        [
            Cell(recipe.name),
            Cell(recipe.formula),
            Cell(recipe.conditions),
            Cell(recipe.limits),
            Cell(f"{recipe.source} [{recipe.status}]"),
        ]
        for recipe in (RECIPES[name] for name in names if name in RECIPES)
    ]
    columns = text_columns("Recipe", "Formula (S = Σ, s = σ, mm)", "Holds for", "Limits", "Source")
    return [PageTable("The recipes", columns, rows)] if rows else []


def risk_volumes_section(risk_volume_margins: pl.DataFrame) -> Section:
    """Margins around organs at risk.

    Parameters: a table after the contract ``risk_volume_margins``.
    """
    columns = [
        *text_columns("Group", "Organ", "Axis", "Recipe"),
        *map(Column, ("Margin, mm (interval)", "Σ, mm", "σ, mm")),
        *text_columns("Covers"),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(f"{row['organ']} ({row['response']})"),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(row["recipe"]),
            _margin(row),
            *(
                Cell(number(row[name], 2), row[name])
                for name in ("budget_systematic_sd_mm", "budget_random_sd_mm")
            ),
            Cell(row["covers"]),
        ]
        for row in risk_volume_margins.rows(named=True)
    ]
    words = (
        "A planning risk volume keeps an organ below its dose limit in most patients. Serial or "
        "small organs add the random term, large parallel ones subtract it, because blurring "
        "lowers the dose at the edge of a high-dose region. The coefficient of the random term "
        "is recalled, not validated."
    )
    table = PageTable(
        "Margins around organs at risk", columns, body, "tables/risk_volume_margins.csv"
    )
    return Section("organs", "Organs at risk", [words], [table])


def literature_section(literature: pl.DataFrame) -> Section:
    """Published margins that do not follow from their own numbers, and how many do.

    Parameters: a table as `popmargin.margins.published` makes it, of which ``reproduces`` (empty
    where nothing can be judged) and ``reason`` are the verdict.
    """
    wrong = literature.filter(pl.col("reproduces").eq(other=False)).rows(named=True)
    checked = literature["reproduces"].drop_nulls().len()
    words = (
        f"{count(literature.height)} published rows were read. {count(checked)} of them state a "
        f"margin, a recipe and the errors to compute it again; {count(len(wrong))} of these do "
        "not follow from their own printed numbers, rounding allowed for."
    )
    columns = [
        *text_columns("Publication", "Site", "Axis"),
        *map(Column, ("Σ, mm", "σ, mm", "Printed, mm", "Computed, mm")),
        *text_columns("Why"),
    ]
    numbers = ("systematic_sd_mm", "random_sd_mm", "margin_stated_mm", "margin_recomputed_mm")
    body = [
        [
            *(Cell(str(row[name] or "")) for name in ("paper", "site", "axis")),
            *(Cell(number(row[n], 2, missing="\N{EN DASH}"), row[n]) for n in numbers),
            Cell(str(row["reason"] or "")),
        ]
        for row in wrong
    ]
    caption = "Published margins that do not follow from their own numbers"
    tables = [PageTable(caption, columns, body, "tables/literature.csv")] if body else []
    return Section("literature", "Published values", [words], tables)
