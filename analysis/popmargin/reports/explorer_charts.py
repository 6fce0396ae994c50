"""Charts of the explorer: Vega-Lite by Altair; the page fills in their named data.

The page names each chart for screen readers and gives the numbers that matter as text beside it.
"""

from typing import Any, Final

_BLUE: Final = "#0072B2"
_VERMILLION: Final = "#D55E00"
_INK: Final = "#1a1a1a"
_FONT: Final = "system-ui, sans-serif"


def explorer_charts() -> dict[str, dict[str, Any]]:
    """Specifications by the id of the element that holds the chart."""
    return {
        "chart-coverage": _coverage_chart(),
        "chart-patients": _patients_chart(),
        "chart-protocols": _protocols_chart(),
    }


def _finished(chart: Any, description: str) -> dict[str, Any]:
    styled = chart.properties(
        width="container", height=260, background="white", description=description
    ).configure(
        font=_FONT,
        axis={"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "grid": False},
        legend={"labelFontSize": 12, "title": None, "orient": "top"},
        view={"stroke": None},
    )
    spec: dict[str, Any] = styled.to_dict()
    return spec


def _coverage_chart() -> dict[str, Any]:
    """Share of simulated patients covered against equal margins, the chosen recipe marked."""
    import altair as alt

    x = alt.X("margin:Q", title="Margin, mean of the three axes (mm)", scale=alt.Scale(zero=True))
    y = alt.Y(
        "share:Q",
        title="Patients covered",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=6),
    )
    tooltip = [
        alt.Tooltip("margin:Q", title="margin (mm)", format=".1f"),
        alt.Tooltip("share:Q", title="patients covered", format=".1%"),
    ]
    curve = (
        alt.Chart(alt.NamedData("curve"))
        .mark_line(color=_BLUE, point={"color": _BLUE, "size": 30})
        .encode(x, y, tooltip=tooltip)
    )
    wanted = (
        alt.Chart(alt.NamedData("wanted"))
        .mark_rule(color=_INK, strokeDash=[4, 3])
        .encode(y=alt.Y("share:Q"), tooltip=[alt.Tooltip("share:Q", title="wanted", format=".0%")])
    )
    chosen = (
        alt.Chart(alt.NamedData("chosen"))
        .mark_point(color=_VERMILLION, shape="diamond", size=160, filled=True)
        .encode(x, y, tooltip=[alt.Tooltip("label:N", title="recipe"), *tooltip])
    )
    words = "Share of simulated patients covered against the margin; the recipe's margin is marked"
    return _finished(alt.layer(curve, wanted, chosen), words)


def _patients_chart() -> dict[str, Any]:
    """Mean and SD of every patient on the chosen axis; a brushed range of patients stands out."""
    import altair as alt

    brush = alt.selection_interval(encodings=["x"], name="brush")
    strong = alt.condition(brush, alt.value(_BLUE), alt.value("#b5bcc2"))
    base = alt.Chart(alt.NamedData("patients")).transform_calculate(
        low="datum.mean - datum.sd", high="datum.mean + datum.sd"
    )
    x = alt.X("number:Q", title="Patient (number on this axis)", axis=alt.Axis(tickMinStep=1))
    tooltip = [
        alt.Tooltip("number:Q", title="patient"),
        alt.Tooltip("mean:Q", title="mean (mm)", format=".2f"),
        alt.Tooltip("sd:Q", title="SD (mm)", format=".2f"),
        alt.Tooltip("n:Q", title="fractions"),
    ]
    bars = base.mark_rule().encode(
        x, alt.Y("low:Q", title="Position error, mean and SD (mm)"), y2="high:Q", color=strong
    )
    points = (
        base.mark_point(filled=True, size=45)
        .encode(x, alt.Y("mean:Q"), color=strong, tooltip=tooltip)
        .add_params(brush)
    )
    words = "Mean and SD of the position error of every patient on the chosen axis"
    return _finished(alt.layer(bars, points), words)


def _protocols_chart() -> dict[str, Any]:
    """Margin of every replayed protocol against its images, by the recipe that is set."""
    import altair as alt

    pick = alt.selection_point(fields=["protocol"], name="pick", on="click")
    base = alt.Chart(alt.NamedData("protocols")).encode(
        alt.X("images:Q", title="Images per patient", scale=alt.Scale(zero=True, nice=True)),
        alt.Y("margin:Q", title="Margin, mean of the axes (mm)", scale=alt.Scale(zero=True)),
    )
    points = (
        base.mark_point(filled=True, size=90)
        .encode(
            color=alt.condition(pick, alt.value(_BLUE), alt.value("#b5bcc2")),
            tooltip=[
                alt.Tooltip("protocol:N", title="protocol"),
                alt.Tooltip("images:Q", title="images per patient", format=".1f"),
                alt.Tooltip("margin:Q", title="margin (mm)", format=".2f"),
            ],
        )
        .add_params(pick)
    )
    names = base.mark_text(align="left", dx=7, dy=-9, fontSize=11).encode(text="protocol:N")
    frontier = (
        alt.Chart(alt.NamedData("frontier"))
        .mark_line(color="#8a8a8a", interpolate="step-after")
        .encode(alt.X("images:Q"), alt.Y("margin:Q"))
    )
    words = "Margin against images per patient for every replayed protocol, the frontier as a line"
    return _finished(alt.layer(frontier, points, names), words)
