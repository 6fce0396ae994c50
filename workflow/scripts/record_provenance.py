"""Record what the results rest on: hashes of inputs, config, code and outputs; versions; seed."""

from pathlib import Path

from popmargin.pipeline.provenance import record_provenance
from popmargin.pipeline.script import rule_log


def main(results, provenance, *, statement):
    """Check the receipt of every result and write the record."""
    record_provenance([Path(path) for path in results], Path(provenance), statement)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
