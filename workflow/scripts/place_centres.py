"""Hold each centre against the others."""

from popmargin.core.flags import Flag
from popmargin.errors.centre_places import place_centres
from popmargin.errors.centre_rows import centre_data_of_rows
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.write import write_table

ALONE = (
    "compare_centres is on, but no group has rows of two stated centres: state the column or the "
    "constant centre of each source, and leave centre out of errors.group_by"
)


def main(selected, centre_places, flags, *, group_by):
    """Read the chosen images, place the centres, write places and curves of the funnel plot."""
    data = centre_data_of_rows(read_selected(selected, by_centre=True), group_by=group_by)
    table = rows_table(place_centres(data), "centre_places", group_by)
    write_table(table, centre_places, contract="centre_places")
    remarks = [] if data else [Flag("one_centre", "warn", ALONE)]
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
