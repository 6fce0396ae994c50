"""List the errors that the study declares beside its data, breathing from traces among them."""

from popmargin.margins.declared_components import component_rows, components_of
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.tables.result import read_result


def main(error_components, trace_summaries=None, *, budget):
    """Read the summaries of traces where breathing comes from them; write one row a component."""
    traces = read_result(trace_summaries, "trace_summaries").to_dicts() if trace_summaries else []
    rows = component_rows(components_of(budget, traces))
    write_rows(rows, error_components, "error_budget")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
