"""Methods of what stands beside errors and margins: centres, coverage, anatomy, outcomes.

Each paragraph is told from the result tables themselves, so that nothing is said that was not done;
a mark ``[@key]`` names a reference and becomes its number in `popmargin.reports.methods_text`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import count, percent

Tables = Mapping[str, pl.DataFrame]
_NO_TABLE: Final = pl.DataFrame()
_LISTED_GROUPS: Final = 8
_READERS: Final = {
    "dicom_registration": "DICOM registrations",
    "dicom_record": "DICOM treatment records",
    "offline_review": "Varian Offline Review",
    "xvi": "Elekta XVI",
    "mosaiq_images": "MOSAIQ image lists",
    "mosaiq_offsets": "MOSAIQ offsets",
    "alignrt": "AlignRT",
    "table": "tables",
    "auto": "folders of vendor files",
}
_METHODS: Final = {"monte_carlo": "Monte Carlo simulation", "closed_form": "closed form"}
_MODELS: Final = {"cox": "Cox regression [@cox1972]", "logistic": "logistic regression"}


def cohort_words(study: Mapping[str, Any], tables: Tables) -> str:
    """Who was measured, how often, and what was read; empty where no errors were estimated."""
    errors = tables.get("population_errors", _NO_TABLE)
    if errors.is_empty():
        return ""
    groups = errors.group_by("group", maintain_order=True).agg(
        pl.col("n_patients").max(), pl.col("n_fractions").max()
    )
    shown = [
        f"{group}: {count(patients)} patients, {count(fractions)} fractions"
        for group, patients, fractions in groups.iter_rows()
    ]
    if len(shown) > _LISTED_GROUPS:
        shown = [f"{count(len(shown))} groups, listed in the tables"]
    files = [
        source
        for source in study.get("sources") or []
        if isinstance(source, Mapping)
        and source.get("table", "shifts") == "shifts"
        and _is_file(source.get("synthetic"))
    ]
    known = [_READERS.get(str(s.get("reader", "table")), str(s.get("reader"))) for s in files]
    read = f" Shifts were read from {_listed(dict.fromkeys(known))}." if known else ""
    return f" The analysis rests on {'; '.join(shown)}.{read}"


def _is_file(synthetic: object) -> bool:
    """Whether a source was read; a drawn cohort that was never exported was not."""
    return not synthetic or (isinstance(synthetic, Mapping) and bool(synthetic.get("export")))


def finding_paragraphs(study: Mapping[str, Any], tables: Tables) -> Iterator[str]:
    """Paragraphs on what the tables hold beside errors and margins, in the order of the report."""
    for words in (_centres, _comparison, _coverage, _anatomy, _observed):
        if paragraph := words(study, tables):
            yield paragraph


def _centres(_: Mapping[str, Any], tables: Tables) -> str:
    said = ""
    levels = tables.get("centre_errors", _NO_TABLE)
    if not levels.is_empty():
        centres = count(max(levels["n_centres"].to_list()))
        said = (
            f"SDs between the {centres} centres, between patients of a centre and within patients "
            "were estimated in a nested random-effects model (analysis of variance "
            "where the data are balanced, else restricted maximum likelihood)."
        )
    if not tables.get("centre_places", _NO_TABLE).is_empty():
        said += (
            " Each centre's mean, SD of patient means and random SD were held against the 95 % and "
            "99.8 % limits that the other centres, itself left out, lead to expect "
            "[@spiegelhalter2005]."
        )
    return said.strip()


def _comparison(_: Mapping[str, Any], tables: Tables) -> str:
    pairs = tables.get("group_comparison", _NO_TABLE)
    if pairs.is_empty():
        return ""
    tests = max(pairs["n_tests"].drop_nulls().to_list(), default=1)
    return (
        "Groups were compared by the difference of M, the ratios of Σ and of σ and the difference "
        "of margins, each with its interval; p-values were corrected by Holm's method for the "
        f"{count(tests)} comparisons of a quantity."
    )


def _coverage(_: Mapping[str, Any], tables: Tables) -> str:
    rows = tables.get("margin_coverage", _NO_TABLE)
    rows = rows if rows.is_empty() else rows.filter(pl.col("coverage").is_not_null())
    if rows.is_empty():
        return ""
    first = rows.row(0, named=True)
    methods = rows["method"].drop_nulls().unique(maintain_order=True).to_list()
    how = " and ".join(_METHODS.get(str(name), _words(name)) for name in methods) or "simulation"
    return (
        f"What these margins cover was computed ({how}) as the share of patients whose spherical "
        f"CTV of {first['ctv_radius_mm']:g} mm radius keeps {percent(first['dose_level'])} of the "
        f"dose over {count(first['fractions'])} fractions, beside the share of the logged patients."
    )


def _anatomy(_: Mapping[str, Any], tables: Tables) -> str:
    rates = tables.get("anatomy_trajectories", _NO_TABLE)
    if rates.is_empty():
        return ""
    named = (
        _words(" ".join(filter(None, (side, structure, quantity)))) + f" ({count(n)} patients)"
        for side, structure, quantity, n in rates.select(
            "side", "structure", "quantity", "n_patients"
        )
        .unique(maintain_order=True)
        .iter_rows()
    )
    return (
        f"Change over the course of {_listed(named)} was estimated by a linear mixed model with "
        "patients' own levels and rates [@laird1982], in per cent of each patient's own value at "
        "planning where a size is followed, as a line and as an exponential."
    )


def _observed(study: Mapping[str, Any], tables: Tables) -> str:
    effects = tables.get("outcome_effects", _NO_TABLE)
    curves = tables.get("outcome_curves", _NO_TABLE)
    said = []
    if not curves.is_empty():
        columns = curves.select("endpoint", "by").unique(maintain_order=True).rows()
        named = _listed(f"{endpoint} by {_words(by)}" for endpoint, by in columns)
        said.append(
            f"Cumulative incidence ({named}) was estimated by the Aalen-Johansen estimator "
            "[@aalen1978] with pointwise limits."
        )
    if not effects.is_empty() and (fitted := effects.drop_nulls("ratio")).height:
        said += _regressions(fitted)
        analyses = (study.get("outcomes") or {}).get("analyses") or []
        said.append(
            "Only what was randomised is called an effect."
            if any(analysis.get("randomised") for analysis in analyses)
            else "Nothing was randomised: ratios are associations."
        )
    if not tables.get("outcome_weighted", _NO_TABLE).is_empty():
        said.append(
            "Groups were also compared after weighting by the inverse probability of belonging to "
            "a group given the covariates, with the E-value for what was not measured "
            "[@vanderweele2017]."
        )
    return " ".join(said)


def _regressions(fitted: pl.DataFrame) -> Iterator[str]:
    """One sentence a model: endpoint, terms, patients and events, how it was fitted."""
    for (endpoint, model), rows in fitted.partition_by(
        ["endpoint", "model"], as_dict=True, maintain_order=True
    ).items():
        first = rows.row(0, named=True)
        terms = _listed(_words(term) for term in rows["term"].unique(maintain_order=True))
        method = str(first["method"])
        likelihood = f"{method} [@firth1993]" if "penalised" in method else method
        missing = first["missing_share"] or 0.0
        imputed = (
            "; missing covariates were imputed ten times and pooled [@rubin1987]" if missing else ""
        )
        yield (
            f"{str(endpoint)[:1].upper()}{str(endpoint)[1:]} ({count(first['n_events'])} events in "
            f"{count(first['n_patients'])} patients) was related to {terms} by "
            f"{_MODELS.get(str(model), str(model))} ({likelihood}){imputed}; differences "
            f"between centres: {first['clustering']}."
        )


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *most, last = [*words]
    return f"{', '.join(most)} and {last}" if most else str(last)
