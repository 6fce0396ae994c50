"""The command burden refuses by its key what cannot be priced, before anything runs."""

import pytest

from popmargin.cli.main import main
from tests.workflow.checkout import tiny_shifts
from tests.workflow.test_burden import CONFIG, PRICED

MINUTES = "    kv_cbct.added_minutes: {{{}, source: x}}\n"
DOSE = "    kv_cbct.organ_dose_mgy.pelvis.rectum: {{{}, source: x}}\n"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (CONFIG.split("burden:")[0], "burden"),
        (CONFIG.replace("fractions: 20", "fractions: null"), "target.fractions"),
        (PRICED.replace(", currency: EUR", ""), "kv_cbct.cost_per_image"),
        (PRICED.replace(", price_year: 2020", ""), "kv_cbct.cost_per_image"),
        (PRICED.replace("low: 20", "low: -20"), "kv_cbct.cost_per_image"),
        (PRICED.replace("typical: 30, ", ""), "kv_cbct.cost_per_image"),
        (PRICED + MINUTES.format("low: -1, typical: 3, high: 5, unit: min"), "added_minutes"),
        (PRICED + MINUTES.format("low: 1, typical: 3, unit: min"), "added_minutes"),
        (PRICED + MINUTES.format("low: 1, typical: 3, high: 5, unit: h"), "added_minutes"),
        (PRICED + MINUTES.format("low: 4, typical: 3, high: 5, unit: min"), "added_minutes"),
        (PRICED + DOSE.format("low: 1, typical: -2, high: 3, unit: mGy"), "pelvis.rectum"),
        (PRICED + DOSE.format("low: 1, high: 3, unit: mGy"), "pelvis.rectum"),
        (PRICED + DOSE.format("low: 1, typical: 2, high: 3, unit: Gy"), "pelvis.rectum"),
        (PRICED.replace("price_year: 2020", "price_year: 1900"), "kv_cbct.cost_per_image"),
        (PRICED.replace("[no_imaging, daily]", "[no_imaging, dayly]"), "dayly"),
        (
            PRICED + "    site.rtt_cost_per_year: {low: 4, typical: 5, high: 6, unit: USD,"
            " source: x, currency: USD, price_year: 2020}\n",
            "kv_cbct.cost_per_image",
        ),
    ],
)
def test_what_cannot_be_priced_is_refused_before_anything_runs(
    tmp_path, monkeypatch, capsys, config, said
):
    (tmp_path / "logs.csv").write_text(tiny_shifts("a", "b", "c"))
    (tmp_path / "study.yaml").write_text(config)
    monkeypatch.chdir(tmp_path)
    assert main(["burden", "study.yaml", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert not (tmp_path / "results").exists()
