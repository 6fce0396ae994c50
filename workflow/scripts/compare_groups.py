"""Compare the errors and margins of the groups that the config names."""

from popmargin.errors.comparison import compare_groups
from popmargin.margins.comparison import compare_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.rows import in_both_units, write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.summarise import sums_of_file


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
    units = sums_of_file(shifts, group_by=[*strata, between], **choice)
    found, remarks = compare_groups(
        units,
        between,
        groups=comparison["groups"],
        shared_only=comparison["pairing"] == "shared",
        **estimating,
    )
    earlier = read_flags(*earlier_flags)
    stands = withheld([*earlier, *remarks], overrides)
    named = [find_recipe(name) for name in recipes]
    rows, said = compare_margins(found, named, withheld=stands, **how)
    write_rows(in_both_units(rows), group_comparison, "group_comparison", strata)
    write_flags([*remarks, *said], flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
