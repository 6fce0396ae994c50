"""Hold each centre against the others."""

from popmargin.core.flags import Flag
from popmargin.errors.centre_places import place_centres
from popmargin.errors.centre_rows import centre_data_of_rows
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected

ALONE = (
    "compare_centres is on, but no group has rows of two stated centres: state the column or the "
    "constant centre of each source, and leave centre out of errors.group_by"
)


def main(selected, centre_places, flags, *, group_by):
    """Read the chosen images, place the centres, write places and curves of the funnel plot."""
    data = centre_data_of_rows(read_selected(selected, by_centre=True), group_by=group_by)
    write_rows(place_centres(data), centre_places, "centre_places", group_by)
    remarks = [] if data else [Flag("one_centre", "warn", ALONE)]
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
