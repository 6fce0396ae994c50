"""The account of a study adds up, and only a written reason lifts a blocking flag."""

import polars as pl
import pytest

from popmargin.core.exceptions import PopmarginError
from popmargin.core.flags import Flag
from popmargin.pipeline.account import (
    answered_flags,
    check_study_ledger,
    flags_table,
    override_lines,
    read_flags,
    selection_lines,
    with_repeats,
    withheld,
    write_flags,
)
from popmargin.tables.ledger import ledger_lines

BLOCK = Flag("ids_shared_by_centres", "block", "2 ids", patients=2)
WARN = Flag("few_patients", "warn", "6 patients")
REASON = {"flag": "ids_shared_by_centres", "reason": "the same patients, both centres told us"}


def gathered(source, used):
    nothing = pl.DataFrame(
        schema={"source_row": pl.Int64, "reason": pl.String, "column": pl.String}
    )
    return ledger_lines(source, "gather", nothing, used)


def test_flags_survive_the_table(tmp_path):
    flags = [BLOCK, WARN, Flag("x", "info", "=cmd|' /C calc'!A0", "label", 3, "ap_mm", 1, 0.5)]
    path = tmp_path / "flags.csv"
    write_flags(flags, path)
    assert read_flags(path, path) == [*flags, *flags]
    assert flags_table([]).columns == flags_table(flags).columns


def test_a_blocking_flag_withholds_until_it_is_answered():
    assert withheld([WARN, BLOCK], [])
    assert not withheld([WARN], [])
    assert not withheld([WARN, BLOCK], [REASON])
    assert withheld([BLOCK], [{"flag": "another_flag", "reason": "no reason for this one"}])


def test_an_answered_flag_carries_its_reason_and_needless_overrides_are_remarked():
    found = answered_flags([BLOCK, WARN], [REASON, {"flag": "x", "reason": "just in case"}])
    assert [(flag.code, flag.severity) for flag in found] == [
        ("ids_shared_by_centres", "warn"),
        ("few_patients", "warn"),
        ("override_without_flag", "info"),
    ]
    assert REASON["reason"] in found[0].message
    lines = override_lines([REASON])
    assert lines["message"].to_list() == [REASON["reason"]]
    assert lines["rows"].sum() == 0


def test_the_ledger_adds_up_or_the_run_fails():
    ledger = pl.concat([gathered("a", 7), gathered("b", 5), selection_lines(12, 10, 8, False)])
    check_study_ledger(ledger, ["a", "b"])
    with pytest.raises(PopmarginError, match="7 rows were gathered but 12 are accounted for"):
        check_study_ledger(ledger, ["a"])
    lost = pl.concat([gathered("a", 7), gathered("b", 5), selection_lines(11, 10, 8, False)])
    with pytest.raises(PopmarginError, match="12 rows were gathered but 11"):
        check_study_ledger(lost, ["a", "b"])


def test_averaged_images_all_count():
    lines = selection_lines(12, 10, 8, averaged=True)
    assert lines.filter(status="used")["rows"].to_list() == [10]
    lines = selection_lines(12, 10, 8, averaged=False)
    assert dict(lines.select("reason", "rows").iter_rows()) == {
        "": 8,
        "other_timing_or_surrogate": 2,
        "other_image": 2,
    }


def test_rows_of_two_sources_move_to_set_aside():
    repeated = pl.DataFrame(
        {
            "source": ["b", "b"],
            "source_row": [4, 2],
            "reason": ["duplicate_row"] * 2,
            "column": [""] * 2,
        }
    )
    moved = with_repeats(pl.concat([gathered("a", 7), gathered("b", 5)]), repeated)
    assert moved.filter(status="used")["rows"].to_list() == [7, 3]
    assert moved.filter(status="set_aside")["row"].to_list() == [4, 2]
    assert moved["rows"].sum() == 12
