"""List the errors that the study declares beside its data, breathing from traces among them."""

from popmargin.margins.declared_components import component_rows, components_of
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(error_components, trace_summaries=None, *, budget):
    """Read the summaries of traces where breathing comes from them; write one row a component."""
    traces = read_result(trace_summaries, "trace_summaries").to_dicts() if trace_summaries else []
    rows = component_rows(components_of(budget, traces))
    write_table(rows_table(rows, "error_budget"), error_components, contract="error_budget")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
