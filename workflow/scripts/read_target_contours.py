"""Read the contours of the CTV that coverage is computed for."""

from pathlib import Path

import polars as pl

from popmargin.gather.target_contours import read_target_contours
from popmargin.pipeline.digests import check_digest
from popmargin.pipeline.raw_sources import raw_path
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(contours, made=None, *, number, label, structure, digest):
    """Read one structure of one structure set, write its points by contour."""
    path = Path(made) if made else raw_path(number)
    found = read_target_contours(path, structure, label)
    if digest:  # what was read must be what the recorded digest stands for
        check_digest(path, digest, label)
    names = ("lr_mm", "si_mm", "ap_mm")
    frames = [
        pl.DataFrame(dict(zip(names, points.T, strict=True))).with_columns(contour=pl.lit(index))
        for index, points in enumerate(found)
    ]
    write_table(pl.concat(frames), contours)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
