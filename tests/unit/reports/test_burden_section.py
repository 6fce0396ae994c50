"""The burden's table: what rows have in common is said once, and every row refers to it."""

import polars as pl
import pytest

from popmargin.reports.burden_dose_section import organ_doses_section
from popmargin.reports.burden_section import burden_section
from tests.figures.synthetic_tables import COHORTS, result_tables


@pytest.fixture(scope="module")
def section():
    burden = result_tables(tuple(COHORTS)[:1])["burden"].with_columns(
        covers=pl.lit("set-up error only"),
        status=pl.lit("default, not validated"),
        reason=pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.lit(""))
        .otherwise(
            pl.format(
                "effective_dose_msv not estimable: state {}.dose; no cost", pl.col("modality")
            )
        ),
    )
    return burden_section(burden)


def test_each_note_is_said_once_and_every_row_refers_to_its_own(section):
    table, notes, _ = section.tables
    said = {row[0].text: row[1].text for row in notes.rows}
    assert len(set(said.values())) == len(said) == 4
    referred = [row[-1].text.split(", ") for row in table.rows]
    assert referred[0] == ["1", "2"]
    assert all(row == ["1", "2", "3", "4"] for row in referred[1:])
    assert said["1"] == "The margin covers set-up error only."
    assert said["4"] == "no cost."


def test_what_is_to_be_stated_is_listed_with_the_gap(section):
    table, notes, _ = section.tables
    modalities = {row[2].text.split(",")[0] for row in table.rows[1:]}
    text = notes.rows[2][1].text
    assert text.startswith("effective_dose_msv not estimable. To be stated: ")
    assert all(f"{modality}.dose" in text for modality in modalities)


def test_sources_of_doses_are_told_once_and_referred_to():
    doses = result_tables(tuple(COHORTS)[:1])["imaging_organ_doses"]
    table, notes = organ_doses_section(doses).tables
    said = {row[0].text: row[1].text for row in notes.rows}
    assert len(set(said.values())) == len(said) < len(table.rows)
    assert [said[row[-1].text] for row in table.rows] == [
        f"{row['source']} ({row['status']})" for row in doses.rows(named=True)
    ]
