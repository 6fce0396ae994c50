"""Figures: one job a kind of figure, each as SVG, PDF, PNG and the data it shows; and one for the page."""


rule plot_figure:
    input:
        lambda wildcards: [shown(name) for name in FIGURES[wildcards.figure].tables],
    output:
        svg=report(
            result("figures/{figure}.svg"),
            caption="../report/figure.rst",
            category="Figures",
        ),
        pdf=result("figures/{figure}.pdf"),
        png=result("figures/{figure}.png"),
        csv=result("figures/{figure}.csv"),
        page=between("figures/{figure}.svg"),
    log:
        log_of("plot_figure_{figure}"),
    conda:
        "../../environment.yml"
    params:
        options=lambda wildcards: {"figure": wildcards.figure},
        caption=lambda wildcards: FIGURES[wildcards.figure].caption,
        code=rule_code("plot_figure"),
    script:
        "../scripts/plot_figure.py"
