"""Read one source into canonical columns, with the account of every row."""

from pathlib import Path

from popmargin.core.flags import Flag
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.digests import check_digest
from popmargin.pipeline.raw_sources import key_of, raw_path
from popmargin.pipeline.reading import discreet_flags, write_declared
from popmargin.pipeline.script import rule_log
from popmargin.tables.ledger import check_ledger
from popmargin.tables.write import write_table

PUBLISHED_KEY = (
    "patients are hidden by the published demonstration key: anybody can try ids; state a key of "
    "your own (privacy.key_file) before results leave the clinic"
)


def main(rows, ledger, flags, made=None, *, number, declaration, digest, keep, privacy):
    """Read one source as it declares itself; results name it by its label."""
    path, label = Path(made) if made else raw_path(number), declaration["label"]
    key = key_of(privacy)
    table = write_declared(path, declaration, Path(rows), keep=keep, key=key)
    if digest:  # what was read must be what the recorded digest stands for
        check_digest(path, digest, label)
    check_ledger(table.ledger, {label: table.rows_read})
    remarks = discreet_flags(table, label)
    if key is not None and not key.secret and not made:
        remarks.append(Flag("demonstration_key", "warn", PUBLISHED_KEY, file=label))
    write_table(table.ledger, ledger, contract="ledger")
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
