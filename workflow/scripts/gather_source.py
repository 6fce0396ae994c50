"""Read one source into canonical columns, with the account of every row."""

from dataclasses import replace
from pathlib import Path

from popmargin.core.flags import Flag
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.digests import check_digest
from popmargin.pipeline.reading import write_declared
from popmargin.pipeline.script import rule_log, without_names
from popmargin.tables.ledger import check_ledger
from popmargin.tables.write import write_table


def main(path, rows, ledger, flags, *, declaration, digest, keep):
    """Read one source as it declares itself; results name it by its label."""
    file, label = Path(path), declaration["label"]
    table = write_declared(file, declaration, Path(rows), keep)
    if digest:  # what was read must be what the recorded digest stands for
        check_digest(file, digest, label)
    check_ledger(table.ledger, {label: table.rows_read})
    remarks = [
        replace(flag, file=label, message=without_names(flag.message, [file]))
        for flag in table.flags
    ]
    remarks += [
        Flag("assumption", "info", assumption, file=label) for assumption in table.assumptions
    ]
    write_table(table.ledger, ledger, contract="ledger")
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
