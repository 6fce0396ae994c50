"""Compare the errors and margins of the groups that the config names."""

import polars as pl

from popmargin.errors.comparison import compare_groups
from popmargin.errors.units import summarise_units
from popmargin.margins.comparison import compare_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.rows import in_both_units, rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    shifts,
    earlier_flags,
    group_comparison,
    flags,
    *,
    comparison,
    strata,
    choice,
    estimating,
    recipes,
    how,
    overrides,
):
    """Read all shifts, compare within the strata, write a row a pair, axis and recipe."""
    between = comparison["between"]
    units = summarise_units(pl.scan_parquet(shifts), group_by=[*strata, between], **choice)
    found, remarks = compare_groups(
        units,
        between,
        groups=comparison["groups"],
        shared_only=comparison["pairing"] == "shared",
        **estimating,
    )
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    stands = withheld([*earlier, *remarks], overrides)
    named = [find_recipe(name) for name in recipes]
    rows, said = compare_margins(found, named, withheld=stands, **how)
    table = rows_table(in_both_units(rows), "group_comparison", strata)
    write_table(table, group_comparison, contract="group_comparison")
    write_table(flags_table([*remarks, *said]), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
